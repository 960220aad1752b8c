extension JSONParser {
  /// Reads the string whose opening quote is at the position.
  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    try skipPlain()
    if current == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(start..<position)
    }

    var result = try text(start..<position)
    while current == UInt8(ascii: "\\") {
      result.unicodeScalars.append(try escape())
      let plain = position
      try skipPlain()
      if plain < position { result += try text(plain..<position) }
    }
    position += 1
    return result
  }

  /// Moves to the next quote or backslash.
  private mutating func skipPlain() throws(JSONError) {
    while let byte = current {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
      guard byte >= 0x20 else {
        throw JSONError(.controlCharacter(byte), at: position, in: bytes)
      }
      position += 1
    }
    throw unexpected("`\"`")
  }

  private func text(_ range: Range<Int>) throws(JSONError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw JSONError(.invalidUTF8, at: firstInvalid(in: range), in: bytes)
    }
    return text
  }

  private func firstInvalid(in range: Range<Int>) -> Int {
    var offset = range.lowerBound
    var rest = bytes[range].makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    while case .valid(let scalar) = parser.parseScalar(from: &rest) { offset += scalar.count }
    return offset
  }

  /// Reads the escape whose backslash is at the position.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    position += 1
    let scalar: Unicode.Scalar
    switch current {
    case UInt8(ascii: "\""): scalar = "\""
    case UInt8(ascii: "\\"): scalar = "\\"
    case UInt8(ascii: "/"): scalar = "/"
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{C}"
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "t"): scalar = "\t"
    case UInt8(ascii: "u"): return try unicodeEscape(from: start)
    default: throw unexpected("one of the escapes `\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u`")
    }
    position += 1
    return scalar
  }

  private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }

    let isHigh = first < 0xDC00
    guard isHigh, current == UInt8(ascii: "\\"), bytes.dropFirst(position + 1).first == 0x75 else {
      throw JSONError(.loneSurrogate, at: start, in: bytes)
    }
    position += 1
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw JSONError(.loneSurrogate, at: start, in: bytes) }
    return scalar
  }

  /// Reads the digits after the `u` at the position.
  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    position += 1
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = current.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw unexpected("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
