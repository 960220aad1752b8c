/// The matching pairs of braces and brackets, by token index.
///
/// They are known before parsing, so that an unclosed list ends at its line end instead of taking
/// the statements after it for elements, and so that skipping what is nested takes one step.
struct Brackets {
  private(set) var closing: [Int: Int] = [:]

  init(_ tokens: [Token]) {
    var braces: [Int] = []
    var lists: [Int] = []
    for (index, token) in tokens.enumerated() {
      switch token.kind {
      case .leftBrace:
        // Nothing in a list has braces, so a list that is still open here is unclosed.
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
