/// What a template is given: the values of JSON.
public enum JinjaValue: Sendable, Equatable {
  /// Nothing, `none`.
  case none
  /// A truth value.
  case bool(Bool)
  /// A whole number.
  case integer(Int)
  /// Any other number.
  case float(Double)
  /// Text.
  case string(String)
  /// A list.
  case list([JinjaValue])
  /// A dictionary, in the order in which it is written; of equal keys the last counts.
  case dictionary([(key: String, value: JinjaValue)])

  /// Whether both are the same, their texts scalar by scalar.
  public static func == (one: JinjaValue, other: JinjaValue) -> Bool {
    switch (one, other) {
    case (.none, .none): true
    case (.bool(let one), .bool(let other)): one == other
    case (.integer(let one), .integer(let other)): one == other
    case (.float(let one), .float(let other)): one == other
    case (.string(let one), .string(let other)): one.isSame(as: other)
    case (.list(let one), .list(let other)): one == other
    case (.dictionary(let one), .dictionary(let other)):
      one.count == other.count
        && zip(one, other).allSatisfy { $0.key.isSame(as: $1.key) && $0.value == $1.value }
    default: false
    }
  }
}

extension String {
  /// Whether both have the same scalars; `==` takes different spellings of a character for the same.
  func isSame(as other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    // Where it is possible on bare memory: texts may be long.
    let isSame = utf8.withContiguousStorageIfAvailable { one in
      other.utf8.withContiguousStorageIfAvailable { one.elementsEqual($0) }
    }
    return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
  }
}
