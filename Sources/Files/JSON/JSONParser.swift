extension JSON {
  /// The deepest nesting that can be allowed: the parser is recursive, and the stack is limited.
  static let deepest = 512

  /// Reads a document, strictly by RFC 8259.
  ///
  /// A key that occurs twice in one object, bytes that are not UTF-8, an escaped half of a
  /// surrogate pair and anything after the value are errors.
  ///
  /// - Parameters:
  ///   - bytes: The whole document in UTF-8, without a byte order mark.
  ///   - maximumDepth: How deep arrays and objects may be nested; 512 at most.
  ///   - nonFinite: What becomes of `NaN` and `Infinity`, which Python writes and JSON does not allow.
  /// - Throws: The first error, with its position.
  public init(
    parsing bytes: some Sequence<UInt8>,
    maximumDepth: Int = 128,
    nonFinite: NonFinite = .refused
  ) throws(JSONError) {
    var parser = JSONParser(Array(bytes), maximumDepth: maximumDepth)
    parser.nonFinite = nonFinite
    self = try parser.document()
  }
}

extension JSON {
  /// What becomes of `NaN`, `Infinity` and `-Infinity` in the place of a number.
  public enum NonFinite: Sendable {
    /// They are errors, as JSON has it.
    case refused
    /// They are read as `null`.
    case null
    /// They are numbers that have no value, and are written as they were.
    case kept
  }
}

/// Walks over the bytes of a document once, from left to right.
struct JSONParser {
  let bytes: [UInt8]
  let maximumDepth: Int
  var nonFinite = JSON.NonFinite.refused
  var position = 0
  private var depth = 0

  init(_ bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = min(maximumDepth, JSON.deepest)
  }

  /// The byte at the position; nil after the last one.
  var current: UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  mutating func document() throws(JSONError) -> JSON {
    try begin()
    let value = try value()
    try end()
    return value
  }

  /// Skips space before the document, and refuses the marks of other encodings.
  mutating func begin() throws(JSONError) {
    let marks: [(bytes: [UInt8], encoding: String)] = [
      ([0xEF, 0xBB, 0xBF], "UTF-8 with a byte order mark"), ([0xFF, 0xFE], "UTF-16"),
      ([0xFE, 0xFF], "UTF-16"),
    ]
    if let mark = marks.first(where: { bytes.starts(with: $0.bytes) }) {
      throw JSONError(.otherEncoding(mark.encoding), at: 0, in: bytes)
    }
    skipSpace()
  }

  mutating func end() throws(JSONError) {
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end of the document") }
  }

  mutating func value() throws(JSONError) -> JSON {
    if nonFinite != .refused, let number = skipNonFinite() {
      return nonFinite == .kept ? .number(number) : .null
    }
    switch current {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"):
      var members: [JSON.Member] = []
      try object { (parser, key, _) throws(JSONError) in
        members.append(JSON.Member(key: key, value: try parser.value()))
      }
      return .object(members)
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some(let byte) where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
      return .number(try number())
    default: throw unexpected("a value")
    }
  }

  /// Calls `member` at each value of the object that starts here, with the name of the value and
  /// the position of that name.
  mutating func object(
    _ member: (inout JSONParser, String, Range<Int>) throws(JSONError) -> Void
  ) throws(JSONError) {
    try enter()
    var keys = SeenKeys()
    guard !accept(UInt8(ascii: "}")) else { return depth -= 1 }
    repeat {
      skipSpace()
      let start = position
      guard current == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      let place = start..<position
      guard keys.insert(key) else {
        throw JSONError(.duplicateKey(key), at: start, in: bytes)
      }
      guard accept(UInt8(ascii: ":")) else { throw unexpected("`:`") }
      skipSpace()
      try member(&self, key, place)
    } while accept(UInt8(ascii: ","))
    guard accept(UInt8(ascii: "}")) else { throw unexpected("`,` or `}`") }
    depth -= 1
  }

  private mutating func array() throws(JSONError) -> [JSON] {
    var values: [JSON] = []
    try elements { (parser) throws(JSONError) in values.append(try parser.value()) }
    return values
  }

  /// Calls `element` at each value of the array that starts here, or at the first few.
  mutating func elements(
    atMost limit: Int = .max,
    _ element: (inout JSONParser) throws(JSONError) -> Void
  ) throws(JSONError) {
    try enter()
    defer { depth -= 1 }
    guard !accept(UInt8(ascii: "]")) else { return }
    var count = 0
    repeat {
      skipSpace()
      try element(&self)
      count += 1
      guard count < limit else { return }
    } while accept(UInt8(ascii: ","))
    guard accept(UInt8(ascii: "]")) else { throw unexpected("`,` or `]`") }
  }

  /// Skips the end of a line, and empty lines after it.
  mutating func endLine() throws(JSONError) {
    while let byte = current, byte == 0x20 || byte == 0x0D || byte == 0x09 { position += 1 }
    guard current == nil || current == 0x0A else { throw unexpected("the end of the line") }
    skipSpace()
  }

  /// Skips a number that JSON does not allow, if one starts here.
  private mutating func skipNonFinite() -> JSONNumber? {
    guard
      current == UInt8(ascii: "N") || current == UInt8(ascii: "I") || current == UInt8(ascii: "-")
    else { return nil }
    for word in ["NaN", "Infinity", "-Infinity"] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return JSONNumber(checked: word)
    }
    return nil
  }

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = position
    let scan = NumberScan(bytes, from: start)
    guard let end = scan.end else {
      position = scan.stop
      throw unexpected("a digit")
    }
    position = end
    return JSONNumber(checked: String(decoding: bytes[start..<end], as: UTF8.self))
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count, bytes[position..<end].elementsEqual(word.description.utf8) else {
      throw unexpected("a value")
    }
    position = end
    return value
  }

  /// Skips an opening bracket.
  private mutating func enter() throws(JSONError) {
    guard depth < maximumDepth else {
      throw JSONError(.tooDeep(limit: maximumDepth), at: position, in: bytes)
    }
    depth += 1
    position += 1
  }

  /// Skips white space and then this byte, if it is the next one.
  private mutating func accept(_ byte: UInt8) -> Bool {
    skipSpace()
    guard current == byte else { return false }
    position += 1
    return true
  }

  mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  /// The error for what is at the position instead of what the grammar wants.
  func unexpected(_ expected: String) -> JSONError {
    let found =
      switch current {
      case nil: "the end of the document"
      case .some(let byte) where (0x21...0x7E).contains(byte):
        "`\(Character(Unicode.Scalar(byte)))`"
      case .some(let byte): "byte \(byte)"
      }
    return JSONError(.expected(expected, found: found), at: position, in: bytes)
  }
}

/// The names seen so far in one object: a few are searched one by one, many through a table.
private struct SeenKeys {
  private var few: [String] = []
  private var many: Set<ExactString> = []

  /// Adds a name; false if it was there already.
  mutating func insert(_ key: String) -> Bool {
    if many.isEmpty, few.count < 16 {
      guard !few.contains(where: { $0.isIdentical(to: key) }) else { return false }
      few.append(key)
      return true
    }
    if many.isEmpty { many = Set(few.map(ExactString.init)) }
    return many.insert(ExactString(key)).inserted
  }
}
