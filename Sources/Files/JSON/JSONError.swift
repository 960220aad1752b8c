/// Why a text is not the JSON it should be, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Equatable {
    /// Something else was found where the grammar allows only this.
    case expected(String, found: String)
    /// An object names one member twice.
    case duplicateKey(String)
    /// The document begins with the mark of another encoding than plain UTF-8.
    case otherEncoding(String)
    /// The bytes are not UTF-8.
    case invalidUTF8
    /// A string holds a control character that must be escaped.
    case controlCharacter(UInt8)
    /// A `\u` escape is one half of a surrogate pair.
    case loneSurrogate
    /// Arrays and objects are nested deeper than allowed.
    case tooDeep(limit: Int)
  }

  /// What is wrong.
  public let reason: Reason
  /// How many bytes come before the error.
  public let offset: Int
  /// The line of the error, counted from 1.
  public let line: Int
  /// The column of the error in Unicode scalars, counted from 1.
  public let column: Int
  /// The line in which the value begins that the error is in; nil where that is the same, or the
  /// document has one value.
  public private(set) var beginning: Int?

  init(_ reason: Reason, at offset: Int, in bytes: [UInt8]) {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    self.reason = reason
    self.offset = offset
    line = 1 + before.count { $0 == 0x0A }
    // Continuation bytes are not counted, so each column is one scalar.
    column = 1 + before.dropFirst(lineStart).count { $0 & 0xC0 != 0x80 }
  }

  /// The problem without its position.
  public var message: String {
    switch reason {
    case .expected(let expected, let found): "expected \(expected), found \(found)"
    case .duplicateKey(let key): "the key \(JSON.string(key).text()) occurs twice in one object"
    case .otherEncoding(let encoding): "the file is \(encoding); save it as plain UTF-8"
    case .invalidUTF8: "these bytes are not UTF-8"
    case .controlCharacter(let byte): "control character \(byte) in a string must be escaped"
    case .loneSurrogate: "this escape is half of a surrogate pair"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    }
  }

  /// The error, of a value that begins in a line: one that is not closed is found in a later line.
  func inside(valueFrom first: Int) -> JSONError {
    var error = self
    error.beginning = first == line ? nil : first
    return error
  }

  /// The position and the problem, as `line 3, column 7: …`.
  public var description: String {
    let value = beginning.map { ", in the value that begins in line \($0)" } ?? ""
    return "line \(line), column \(column): \(message)\(value)"
  }
}
