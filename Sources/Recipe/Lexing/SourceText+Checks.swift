extension SourceText {
  /// The most bytes that a recipe may have.
  static let byteLimit = 1_000_000

  /// Why the source cannot be read at all; nil when it can.
  var readability: Diagnostic? {
    guard bytes.count <= Self.byteLimit else {
      let span = SourceSpan(start: textStart, end: textStart)
      return Diagnostic(.sourceTooLarge(bytes: bytes.count, limit: Self.byteLimit), at: span)
    }
    if let otherEncoding {
      return Diagnostic(.otherEncoding(otherEncoding), at: SourceSpan(start: 0, end: 1))
    }
    guard let offset = firstInvalidByte else { return nil }
    let span = SourceSpan(start: offset, end: offset + 1)
    return Diagnostic(.invalidUTF8(byte: bytes[offset], offset: offset), at: span)
  }

  /// The encoding with several bytes for each character that the text is in, with or without a byte order
  /// mark; nil where it looks like UTF-8.
  private var otherEncoding: String? {
    for mark: [UInt8] in [[0xFF, 0xFE, 0, 0], [0, 0, 0xFE, 0xFF]] where bytes.starts(with: mark) {
      return "UTF-32"
    }
    for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] where bytes.starts(with: mark) {
      return "UTF-16"
    }
    // Every second byte of ASCII in UTF-16 is zero.
    let zeros = bytes.prefix(4).map { $0 == 0 }
    return zeros == [false, true, false, true] || zeros == [true, false, true, false]
      ? "UTF-16" : nil
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
