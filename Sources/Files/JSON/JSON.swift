/// A JSON document that keeps what a dictionary would lose: key order and the text of numbers.
///
/// Two values are equal when they hold the same scalars in the same order. Strings are compared by
/// their bytes, never by canonical equivalence, and numbers by their text: `1` differs from `1.0`.
public enum JSON: Sendable, Equatable {
  /// The value `null`.
  case null
  /// The value `true` or `false`.
  case bool(Bool)
  /// A number, as it was written.
  case number(JSONNumber)
  /// A string, with its escapes resolved.
  case string(String)
  /// A list of values.
  case array([JSON])
  /// Named values in the order of the file.
  case object([Member])

  /// One named value of an object.
  public struct Member: Sendable, Equatable {
    /// The name, with its escapes resolved.
    public let key: String
    /// The value.
    public let value: JSON

    /// Makes a named value.
    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }

    /// Whether both names and both values are the same.
    public static func == (one: Member, other: Member) -> Bool {
      one.key.isIdentical(to: other.key) && one.value == other.value
    }
  }

  /// Whether both values hold the same scalars in the same order.
  public static func == (one: JSON, other: JSON) -> Bool {
    switch (one, other) {
    case (.null, .null): true
    case (.bool(let one), .bool(let other)): one == other
    case (.number(let one), .number(let other)): one == other
    case (.string(let one), .string(let other)): one.isIdentical(to: other)
    case (.array(let one), .array(let other)): one == other
    case (.object(let one), .object(let other)): one == other
    default: false
    }
  }
}

extension JSON {
  /// The value of the first member with this name; nil where there is none, or this is not an
  /// object.
  ///
  /// The search is linear: right for a configuration, wrong for a vocabulary.
  public subscript(key: String) -> JSON? {
    members?.first { $0.key.isIdentical(to: key) }?.value
  }

  /// The string, if this is one.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The whole number, if this is exactly one that fits: `4`, `4.0` and `1e3` are, `4.5` is not.
  public var int: Int? {
    guard case .number(let value) = self else { return nil }
    return value.int
  }

  /// The nearest finite floating-point number, if this is a number.
  public var double: Double? {
    guard case .number(let value) = self else { return nil }
    return value.double
  }

  /// The truth value, if this is one.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The values of the list, if this is one.
  public var array: [JSON]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  /// The members of the object, if this is one.
  public var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// Whether this is `null`.
  public var isNull: Bool {
    guard case .null = self else { return false }
    return true
  }

  /// What kind of value this is, worded for messages, as in `a string`.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
