import BillhookCore

extension Keep {
  private static let rules = "`first N`, `last N`, block numbers as in `[3, 7..9]`, or `none`"

  /// Reads what follows `keep`; nil for `none`.
  static func reading(_ literals: [Literal]) throws(Complaint) -> Keep? {
    guard !literals.isEmpty else { throw Complaint(expected: rules) }
    guard literals != [.word("none")] else { return nil }
    var keep = Keep()
    var seen: Set<String> = []
    var index = 0
    while index < literals.count {
      switch literals[index] {
      case .list(let list):
        keep.numbers.formUnion(try Complaint.numbers(in: list, argument: index))
      case .word(let word) where word == "first" || word == "last":
        guard seen.insert(word).inserted else {
          throw Complaint(expected: "`\(word)` once", argument: index, found: "a second one")
        }
        let count = try Self.count(after: word, in: literals, at: index)
        if word == "first" { keep.first = count } else { keep.last = count }
        index += 1
      case .word("none"):
        throw Complaint(expected: "`none` alone", argument: index, found: "it beside other rules")
      case .word(let word):
        let suggestion = Habit.suggestion(for: word, among: ["first", "last", "none"])
        throw Complaint(expected: rules, argument: index, suggestion: suggestion)
      default: throw Complaint(expected: rules, argument: index)
      }
      index += 1
    }
    return keep
  }

  private static func count(
    after word: String,
    in literals: [Literal],
    at index: Int
  ) throws(Complaint) -> Int {
    let expected = "a number of blocks after `\(word)`"
    guard literals.count > index + 1 else {
      throw Complaint(expected: expected, argument: index, found: "nothing")
    }
    guard let count = Int(literals[index + 1]), count >= 0 else {
      throw Complaint(expected: expected, argument: index + 1)
    }
    return count
  }
}
