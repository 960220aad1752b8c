/// A stretch of text on its way to the model, as a range of a buffer.
struct Piece {
  let bytes: [UInt8]
  let range: Range<Int>
  /// Whether the piece begins where the text begins.
  let isFirst: Bool

  /// A part of this piece.
  func part(_ range: Range<Int>) -> Piece {
    Piece(bytes: bytes, range: range, isFirst: isFirst && range.lowerBound == self.range.lowerBound)
  }

  /// This piece with other bytes.
  func replaced(by bytes: [UInt8]) -> Piece {
    Piece(bytes: bytes, range: 0..<bytes.count, isFirst: isFirst)
  }

  func starts(with prefix: [UInt8]) -> Bool {
    bytes[range].starts(with: prefix)
  }
}
