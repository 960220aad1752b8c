/// Something in a template that has a value.
protocol Expression: Sendable {
  /// Where it stands.
  var place: Place { get }

  /// Its value now; whoever wants it asks `Rendering.evaluate`, which counts.
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

  func value(in rendering: Rendering) -> Value { rendering.variable(name) }
}

/// `[…]`, or `(…)` with commas.
struct ListLiteral: Expression {
  let place: Place
  let elements: [any Expression]
  let isTuple: Bool

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    var values: [Value] = []
    for element in elements { values.append(try rendering.evaluate(element)) }
    let bounded = try rendering.bounded(values, place)
    return isTuple ? .tuple(bounded) : .list(bounded)
  }
}

/// `{…}`.
struct DictionaryLiteral: Expression {
  let place: Place
  let entries: [(key: any Expression, value: any Expression)]

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    var found = Value.Dictionary()
    for entry in entries {
      let key = try rendering.evaluate(entry.key)
      try rendering.put(rendering.evaluate(entry.value), at: key, of: &found, place)
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
    if try rendering.evaluate(condition).isTrue { return try rendering.evaluate(value) }
    guard let other else { return .undefined("the value of an `if` without `else`") }
    return try rendering.evaluate(other)
  }
}
