/// A value while a template is rendered.
enum Value {
  /// What there is not, with what messages call it.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case list(List)
  case tuple(List)
  case dictionary(Dictionary)
  case namespace(Namespace)
  case loop(LoopState)
  case macro(Macro)
  case function(Function)
  case method(of: Receiver, named: String)

  /// The only value that changes: attributes that `set` may write from inside a loop.
  final class Namespace {
    private(set) var attributes: [String: Value] = [:]

    /// Gives an attribute a value.
    func set(_ name: String, to value: Value, _ place: Place) throws(JinjaError) {
      guard !name.hasPrefix("_") else {
        throw JinjaError(.template, "`\(name)`: names in a namespace have no `_` first", at: place)
      }
      attributes[name] = value
    }

    /// Lets go of what it holds, which may be itself.
    func clear() { attributes = [:] }
  }

  /// What methods belong to; a type of its own because a value cannot hold itself.
  final class Receiver {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  /// A function of templates.
  enum Function: String, CaseIterable {
    case range
    case dict
    case namespace
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
  }

  init(_ value: JinjaValue) {
    self =
      switch value {
      case .none: .none
      case .bool(let value): .bool(value)
      case .integer(let value): .integer(value)
      case .float(let value): .float(value)
      case .string(let value): .string(value)
      case .list(let values): .list(List(values.map(Value.init)))
      case .dictionary(let entries):
        .dictionary(
          entries.reduce(into: Dictionary()) { _ = $0.set(.string($1.key), to: Value($1.value)) }
        )
      }
  }

  /// Whether a condition holds.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let values), .tuple(let values): !values.isEmpty
    case .dictionary(let value): !value.entries.isEmpty
    case .namespace, .loop, .macro, .function, .method: true
    }
  }

  /// What messages call it.
  var phrase: String {
    switch self {
    case .undefined(let name): "`\(name)`, which is undefined"
    case .none: "`none`"
    case .bool: "a truth value"
    case .integer, .float: "a number"
    case .string: "text"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .namespace: "a namespace"
    case .loop: "a loop"
    case .macro: "a macro"
    case .function, .method: "a function"
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// The number in numeric comparisons; truth values count as 0 and 1.
  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The whole number; truth values count as 0 and 1.
  var whole: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  /// Whether Python's `==` says so.
  func equals(_ other: Value) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): true
    case (.string(let one), .string(let other)): one.isSame(as: other)
    case (.list(let one), .list(let other)), (.tuple(let one), .tuple(let other)):
      one.count == other.count && zip(one, other).allSatisfy { $0.equals($1) }
    case (.dictionary(let one), .dictionary(let other)):
      one.entries.count == other.entries.count
        && one.entries.allSatisfy { entry in
          Key(entry.key).flatMap { other[$0] }.map { $0.equals(entry.value) } ?? false
        }
    case (.namespace(let one), .namespace(let other)): one === other
    case (.loop(let one), .loop(let other)): one === other
    default:
      number != nil && other.number != nil && Key(self) == Key(other)
    }
  }

  /// Whether one comes before the other in Python's order; nil where they cannot be compared.
  func precedes(_ other: Value) -> Bool? {
    switch (self, other) {
    case (.string(let one), .string(let other)):
      return one.unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
    case (.list(let one), .list(let other)), (.tuple(let one), .tuple(let other)):
      for (one, other) in zip(one, other) where !one.equals(other) { return one.precedes(other) }
      return one.count < other.count
    default:
      guard let one = number, let second = other.number else { return nil }
      // Whole numbers are compared exactly, also with floats that are whole.
      if case .integer(let one)? = Key(self), case .integer(let other)? = Key(other) {
        return one < other
      }
      return one < second
    }
  }
}
