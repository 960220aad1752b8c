/// Removes white space from the ends of a text.
struct SpaceStrip: Sendable {
  private let left: Bool
  private let right: Bool

  /// Reads the normalizer `Strip`.
  init(_ field: TokenizerField) throws(TokenizerError) {
    try field.allow("type", "strip_left", "strip_right")
    left = try field["strip_left"].flag()
    right = try field["strip_right"].flag()
  }

  /// Strips a text; `start`, how many leading bytes count as its beginning, is reduced by what is
  /// removed.
  func apply(_ bytes: [UInt8], _ start: inout Int) -> [UInt8] {
    let border = SpaceBorder(bytes: bytes, range: 0..<bytes.count)
    let first = left ? border.spaceEnd(after: 0) : 0
    let end = right ? border.spaceStart(before: bytes.count) : bytes.count
    start = max(0, start - first)
    return first < end ? Array(bytes[first..<end]) : []
  }
}
