extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let backslash = UInt8(ascii: "\\")
  static let quote = UInt8(ascii: "\"")
  static let dollar = UInt8(ascii: "$")
  static let dot = UInt8(ascii: ".")
  static let slash = UInt8(ascii: "/")
  static let colon = UInt8(ascii: ":")
  static let minus = UInt8(ascii: "-")
  static let plus = UInt8(ascii: "+")
  static let percent = UInt8(ascii: "%")
  static let underscore = UInt8(ascii: "_")
  static let space = UInt8(ascii: " ")

  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  var startsWord: Bool { isLetter || self == .underscore }
  var continuesName: Bool { startsWord || isDigit }
  var continuesWord: Bool { continuesName || self == .plus || self == .minus }
  var isBlank: Bool { self == .space || self == .tab || self == .carriageReturn }

  /// Whether a path written without quotes ends before this byte.
  var endsUnquotedText: Bool {
    self <= .space || self == 0x7F || ",{}[]\"#=".utf8.contains(self)
  }
}
