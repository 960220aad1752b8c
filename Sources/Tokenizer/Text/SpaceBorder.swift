/// Looks at the characters on both sides of a position in a text.
struct SpaceBorder {
  let bytes: [UInt8]
  let range: Range<Int>

  /// Whether a word character comes right before or right after a match.
  func touchesWord(_ match: Range<Int>) -> Bool {
    let before = String(decoding: bytes[character(before: match.lowerBound)], as: UTF8.self)
    let after = String(decoding: bytes[character(after: match.upperBound)], as: UTF8.self)
    return (before + after).unicodeScalars.contains(where: Self.isWord)
  }

  /// The start of the white space that ends here.
  func spaceStart(before end: Int) -> Int {
    var position = end
    while case let character = character(before: position), isSpace(character) {
      position = character.lowerBound
    }
    return position
  }

  /// The end of the white space that begins here.
  func spaceEnd(after start: Int) -> Int {
    var position = start
    while case let character = character(after: position), isSpace(character) {
      position = character.upperBound
    }
    return position
  }

  private func isSpace(_ character: Range<Int>) -> Bool {
    guard !character.isEmpty else { return false }
    let first = character.lowerBound
    let value = UTF8.codePoint(at: first, in: bytes, before: character.upperBound).value
    return ScalarKinds.of(value) == .space
  }

  private func character(before end: Int) -> Range<Int> {
    UTF8.start(before: end, in: bytes, from: range.lowerBound)..<end
  }

  private func character(after start: Int) -> Range<Int> {
    guard start < range.upperBound else { return start..<start }
    return start..<min(start + UTF8.length(startingWith: bytes[start]), range.upperBound)
  }

  /// `\w`: Alphabetic, marks, decimal numbers, connector punctuation and joiners.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default:
      return false
    }
  }
}
