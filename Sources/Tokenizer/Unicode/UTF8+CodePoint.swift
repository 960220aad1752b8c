extension UTF8 {
  /// How many bytes a character has, by its first byte.
  static func length(startingWith byte: UInt8) -> Int {
    if byte < 0xC0 { 1 } else if byte < 0xE0 { 2 } else if byte < 0xF0 { 3 } else { 4 }
  }

  /// The code point at a position, and how many bytes it has.
  static func codePoint(
    at position: Int,
    in bytes: [UInt8],
    before end: Int
  ) -> (value: UInt32, length: Int) {
    let first = bytes[position]
    if first < 0x80 { return (UInt32(first), 1) }
    let length = min(Self.length(startingWith: first), end - position)
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for index in (position + 1)..<max(position + 1, position + length) {
      value = value << 6 | UInt32(bytes[index] & 0x3F)
    }
    return (value, length)
  }

  /// The start of the character that ends here.
  static func start(before end: Int, in bytes: [UInt8], from start: Int) -> Int {
    var position = end
    while position > start {
      position -= 1
      if bytes[position] & 0xC0 != 0x80 { break }
    }
    return position
  }
}
