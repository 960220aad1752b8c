extension SourceText {
  /// The most bytes that a recipe may have.
  static let byteLimit = 1_000_000

  /// Why the source cannot be read at all; nil when it can.
  var readability: Diagnostic? {
    guard bytes.count <= Self.byteLimit else {
      let span = SourceSpan(start: textStart, end: textStart)
      return Diagnostic(.sourceTooLarge(bytes: bytes.count, limit: Self.byteLimit), at: span)
    }
    guard let offset = firstInvalidByte else { return nil }
    let span = SourceSpan(start: offset, end: offset + 1)
    return Diagnostic(.invalidUTF8(byte: bytes[offset], offset: offset), at: span)
  }

  /// A report for each kind of control character, as a file with one often has hundreds.
  var controlCharacters: [Diagnostic] {
    var seen: Set<Unicode.Scalar> = []
    var result: [Diagnostic] = []
    for (offset, byte) in bytes.enumerated() where Self.mayStartControl(byte) {
      guard let scalar = scalar(at: offset), scalar.isControl, !isAllowed(scalar, at: offset),
        seen.insert(scalar).inserted
      else { continue }
      let span = SourceSpan(start: offset, end: offset + UTF8.width(scalar))
      result.append(Diagnostic(.controlCharacter(scalar), at: span))
    }
    return result
  }

  private static func mayStartControl(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2
  }

  private func isAllowed(_ scalar: Unicode.Scalar, at offset: Int) -> Bool {
    switch scalar {
    case "\n", "\t": true
    case "\r": offset + 1 < bytes.count && bytes[offset + 1] == .lineFeed
    default: false
    }
  }

  private var firstInvalidByte: Int? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }
}
