/// What the split patterns tell apart: letters, numbers, space and the rest.
enum ScalarClass: UInt8 {
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`, which is the property White_Space.
  case space
  /// `[^\s\p{L}\p{N}]`
  case other

  /// The version of Unicode that the `tokenizers` library knows.
  ///
  /// What a later one assigned is unassigned there, and so it has to be here, whichever version
  /// this system knows.
  private static let version: Unicode.Version = (major: 16, minor: 0)

  init(_ scalar: Unicode.Scalar) {
    if let age = scalar.properties.age, age > Self.version {
      self = .other
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      self = .number
    default:
      self = scalar.properties.isWhitespace ? .space : .other
    }
  }

  /// The classes of the first 65,536 code points, looked up once.
  private static let table: [ScalarClass] = (0..<0x10000).map { value in
    Unicode.Scalar(value).map(ScalarClass.init) ?? .other
  }

  /// The class of the character at a place in UTF-8, and how many bytes it has.
  static func at(_ position: Int, in bytes: [UInt8], before end: Int) -> (ScalarClass, Int) {
    let first = bytes[position]
    if first < 0x80 { return (table[Int(first)], 1) }
    let length = min(UTF8.length(startingWith: first), end - position)
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for index in (position + 1)..<max(position + 1, position + length) {
      value = value << 6 | UInt32(bytes[index] & 0x3F)
    }
    if value < 0x10000 { return (table[Int(value)], length) }
    return (Unicode.Scalar(value).map(ScalarClass.init) ?? .other, length)
  }
}
