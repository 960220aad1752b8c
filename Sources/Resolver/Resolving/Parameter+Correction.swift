import BillhookCore

extension Parameter {
  /// What was probably meant by a literal that the parameter does not take: a word that is spelt
  /// like it, or the same with quotes or without.
  func correction(of literal: Literal, in root: Root) -> String? {
    var root = root
    switch literal {
    case .word("none"): return nil
    case .word(let word):
      if let choice = Habit.suggestion(for: word, among: choices) {
        return assign(.word(choice), to: &root) ? choice : "[\(choice)]"
      }
      for flag in [true, false] where assign(.boolean(flag), to: &root) {
        if Habit.suggestion(for: word, among: ["\(flag)"]) != nil { return "\(flag)" }
      }
      return assign(.string(word), to: &root) ? "\(Literal.string(word))" : nil
    case .string(let text):
      return assign(.word(text), to: &root) ? text : Habit.suggestion(for: text, among: choices)
    case .list(let elements): return correction(of: elements, in: root)
    default: return nil
    }
  }

  /// The same list with words that the parameter knows.
  private func correction(of elements: [Literal], in root: Root) -> String? {
    var meant: [Literal] = []
    for element in elements {
      switch element {
      case .word(let word), .string(let word):
        guard let choice = Habit.suggestion(for: word, among: choices) else { return nil }
        meant.append(.word(choice))
      default: meant.append(element)
      }
    }
    var root = root
    return assign(.list(meant), to: &root) ? "\(Literal.list(meant))" : nil
  }
}
