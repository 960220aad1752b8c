extension JSON {
  /// Whether a setting with this value can change anything: not when it is null, false or empty.
  package var asksForSomething: Bool {
    switch self {
    case .null, .bool(false): false
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    default: true
    }
  }
}
