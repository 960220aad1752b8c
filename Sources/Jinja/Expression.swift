/// Something in a template that has a value.
protocol Expression: Sendable {
  /// Where it stands.
  var place: Place { get }

  /// Its value now.
  func value(in rendering: Rendering) throws(JinjaError) -> Value
}

/// A value that is written down.
struct Literal: Expression {
  enum Constant: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
  }

  let place: Place
  let constant: Constant

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    switch constant {
    case .none: .none
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .float(let value): .float(value)
    case .string(let value): .string(value)
    }
  }
}

/// A variable.
struct Variable: Expression {
  let place: Place
  let name: String

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    try rendering.step(place)
    return rendering.value(of: name)
  }
}

/// `[…]`, or `(…)` with commas.
struct ListLiteral: Expression {
  let place: Place
  let elements: [any Expression]
  let isTuple: Bool

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    try rendering.step(place)
    var values: [Value] = []
    for element in elements { values.append(try element.value(in: rendering)) }
    return isTuple ? .tuple(values) : .list(values)
  }
}

/// `{…}`.
struct DictionaryLiteral: Expression {
  let place: Place
  let entries: [(key: any Expression, value: any Expression)]

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    try rendering.step(place)
    var found = Value.Dictionary()
    for entry in entries {
      let key = try entry.key.value(in: rendering)
      switch key {
      case .none, .bool, .integer, .float, .string, .tuple: break
      default: throw JinjaError(.value, "\(key.phrase) is no key of a dictionary", at: place)
      }
      found[key] = try entry.value.value(in: rendering)
    }
    return .dictionary(found)
  }
}

/// `value if condition else other`.
struct Conditional: Expression {
  let place: Place
  let condition: any Expression
  let value: any Expression
  let other: (any Expression)?

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    try rendering.step(place)
    if try condition.value(in: rendering).isTrue { return try value.value(in: rendering) }
    guard let other else { return .undefined("the value of an `if` without `else`") }
    return try other.value(in: rendering)
  }
}
