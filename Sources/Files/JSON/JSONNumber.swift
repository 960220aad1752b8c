/// A JSON number, kept as it was written; one that Python wrote may be `NaN` or `Infinity`, without a
/// value.
public struct JSONNumber: Sendable, Equatable {
  /// The number as it stands in the file.
  public let text: String

  /// Takes text that the parser has already found to be a number.
  init(checked text: String) {
    self.text = text
  }

  /// Takes a number as text; nil if JSON would not allow it.
  public init?(text: String) {
    let bytes = [UInt8](text.utf8)
    guard NumberScan(bytes, from: 0).end == bytes.count else { return nil }
    self.text = text
  }

  /// Writes a whole number.
  public init(_ value: Int) {
    text = String(value)
  }

  /// Writes the shortest text that reads back as this number; nil for NaN and infinities.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    text = value.description
  }

  /// The whole number, if this is exactly one that fits into `Int`.
  public var int: Int? {
    if let value = Int(text) { return value }
    return NumberScan([UInt8](text.utf8), from: 0).wholeNumber
  }

  /// The nearest floating-point number, if it is finite.
  public var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
