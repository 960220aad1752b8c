import BillhookCore
import BillhookRecipe

extension Amount {
  private static let removals = "an amount such as `6`, `20%`, `20% of parameters` or `[10, 13]`"
  private static let rests =
    "what is left, such as `to 26`, `to 5.5B parameters` or `to 4GB { context = 4096 }`"

  private static let bothRests =
    "an amount of parameters is written `down to 5.5B parameters`, and one of memory "
    + "`down to 4GB { context = 4096 }`"

  /// Reads what follows `remove`; the texts of an amount of memory are in braces, and read apart.
  static func removing(_ literals: [Literal]) throws(Complaint) -> Amount {
    switch literals.first {
    case .number(let number):
      guard let count = number.integer, count >= 0 else {
        throw Complaint(
          expected: "a whole number of units",
          argument: 0,
          note: number.isShare ? "a share is a percentage" : nil,
          suggestion: number.isShare ? "\(rounded(100 * number.double))%" : nil
        )
      }
      try expectEnd(of: literals, at: 1, or: nil)
      return .units(count)
    case .percentage(let share):
      guard (0...100).contains(share.double) else {
        throw Complaint(expected: "a share from 0% to 100%", argument: 0)
      }
      guard literals.count > 2, literals[1] == .word("of") else {
        try expectEnd(of: literals, at: 1, or: "`of parameters`, `of memory`")
        return .percentOfUnits(share)
      }
      guard [.word("parameters"), .word("memory")].contains(literals[2]) else {
        throw Complaint(expected: "`parameters` or `memory` after `of`", argument: 2)
      }
      try expectEnd(of: literals, at: 3, or: nil)
      return literals[2] == .word("parameters")
        ? .percentOfParameters(share) : .percentOfMemory(share, CacheLoad())
    case .list(let list):
      let numbers = try Complaint.numbers(in: list, argument: 0)
      try expectEnd(of: literals, at: 1, or: nil)
      var seen: Set<Int> = []
      if let twice = numbers.first(where: { !seen.insert($0).inserted }) {
        throw Complaint(expected: "each unit once", argument: 0, found: "`\(twice)` twice")
      }
      return .exactly(numbers)
    case .word("to"):
      throw Complaint(expected: removals, argument: 0, note: "`down to 26` says what is left")
    case .quantity:
      let note =
        "`down to 5.5B parameters` and `down to 4GB { context = 4096 }` say how much is left"
      throw Complaint(expected: removals, argument: 0, note: note)
    case nil: throw Complaint(expected: removals)
    default: throw Complaint(expected: removals, argument: 0)
    }
  }

  /// Reads what follows `down`; the texts of an amount of memory are in braces, and read apart.
  static func leaving(_ literals: [Literal]) throws(Complaint) -> Amount {
    guard let first = literals.first else { throw Complaint(expected: rests) }
    guard first == .word("to") else { throw Complaint(expected: rests, argument: 0) }
    guard literals.count > 1 else {
      throw Complaint(expected: rests, argument: 0, found: "nothing after `to`")
    }
    let (amount, isOfParameters) = (literals[1], literals.dropFirst(2).first == .word("parameters"))
    switch amount {
    case .number(let number):
      guard let count = number.integer, count >= 0 else {
        throw Complaint(expected: "a whole number", argument: 1)
      }
      guard isOfParameters else {
        try expectEnd(of: literals, at: 2, or: "`parameters`", note: bothRests)
        return .downToUnits(count)
      }
      try expectEnd(of: literals, at: 3, or: nil, note: bothRests)
      return .downToParameters(number, unit: "")
    case .quantity(let number, let unit) where unit != "B" && ByteCount(amount) != nil:
      try expectEnd(of: literals, at: 2, or: nil, note: bothRests)
      return .downToMemory(number, unit: unit, CacheLoad())
    case .quantity(let number, let unit):
      guard parameterUnits[unit] != nil, number.double >= 0 else {
        throw Complaint(
          expected: "a number of parameters with K, M or B, or of bytes with KB, MB or GB",
          argument: 1,
          note: ByteCount.unit(meantBy: unit).map { "did you mean `\(number.text)\($0)`?" }
            ?? bothRests
        )
      }
      guard isOfParameters else {
        throw Complaint(
          expected: "`to \(number.text)\(unit) parameters`",
          argument: min(2, literals.count - 1),
          found: literals.count == 2 ? "nothing after `\(number.text)\(unit)`" : nil,
          note: bothRests
        )
      }
      try expectEnd(of: literals, at: 3, or: nil, note: bothRests)
      return .downToParameters(number, unit: unit)
    case .percentage:
      throw Complaint(expected: rests, argument: 1, note: "`remove 20%` takes away a share")
    default: throw Complaint(expected: rests, argument: 1)
    }
  }

  private static func expectEnd(
    of literals: [Literal],
    at index: Int,
    or alternative: String?,
    note: String? = nil
  ) throws(Complaint) {
    guard literals.count > index else { return }
    let alternative = alternative.map { "\($0) or " } ?? ""
    throw Complaint(
      expected: "\(alternative)nothing after \(literals[index - 1].quoted)",
      argument: index,
      note: note
    )
  }
}

extension Number {
  /// Whether it is between 0 and 1, and so probably a share.
  fileprivate var isShare: Bool { double > 0 && double < 1 }
}

extension Complaint {
  /// The numbers of units or blocks in a list.
  static func numbers(in list: [Literal], argument: Int) throws(Complaint) -> [Int] {
    var numbers: [Int] = []
    for element in list {
      guard let number = Int(element), number >= 0 else {
        throw Complaint(
          expected: "whole numbers from 0 in its list, such as `[3, 7..9]`",
          argument: argument,
          found: element.quoted
        )
      }
      numbers.append(number)
    }
    return numbers
  }
}
