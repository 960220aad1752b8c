/// Which opening brace or bracket belongs to which closing one, by token index.
///
/// Known before parsing, so that a list without an end gives up at its line end instead of taking
/// the statements behind it for elements, and so that skipping what is nested takes one step.
struct Brackets {
  private(set) var closing: [Int: Int] = [:]

  init(_ tokens: [Token]) {
    var braces: [Int] = []
    var lists: [Int] = []
    for (index, token) in tokens.enumerated() {
      switch token.kind {
      case .leftBrace:
        // Nothing in a list has braces: a list that is still open here has no end.
        lists.removeAll(keepingCapacity: true)
        braces.append(index)
      case .rightBrace:
        lists.removeAll(keepingCapacity: true)
        if let opening = braces.popLast() { closing[opening] = index }
      case .leftBracket: lists.append(index)
      case .rightBracket:
        if let opening = lists.popLast() { closing[opening] = index }
      default: break
      }
    }
  }
}
