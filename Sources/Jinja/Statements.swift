/// Something in a template that is run.
protocol Statement: Sendable {
  func run(in rendering: Rendering) throws(JinjaError) -> Flow
}

/// Statements one after another.
struct Body: Sendable {
  var statements: [any Statement] = []
}

/// Text that is written as it is.
struct TextStatement: Statement {
  let place: Place
  let text: String

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.write(text, place)
    return .next
  }
}

/// `{{ value }}`.
struct Output: Statement {
  let value: any Expression

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    let place = value.place
    try rendering.write(rendering.text(of: rendering.evaluate(value), place), place)
    return .next
  }
}

/// `{% if %}…{% elif %}…{% else %}…{% endif %}`.
struct Choice: Statement {
  let place: Place
  let branches: [(condition: any Expression, body: Body)]
  let otherwise: Body

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.step(place)
    for (condition, body) in branches where try rendering.evaluate(condition).isTrue {
      return try rendering.run(body, place)
    }
    return try rendering.run(otherwise, place)
  }
}

/// `{% set target = value %}`.
struct Assignment: Statement {
  let place: Place
  let target: Target
  let value: any Expression

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.step(place)
    try target.assign(rendering.evaluate(value), in: rendering, place)
    return .next
  }
}

/// `{% set target | filter %}…{% endset %}`.
struct BlockAssignment: Statement {
  let place: Place
  let target: Target
  let filters: [(filter: Filter, arguments: Arguments)]
  let body: Body

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.step(place)
    var value = Value.string(
      try rendering.captured { () throws(JinjaError) in
        try rendering.inside { () throws(JinjaError) in _ = try rendering.run(body, place) }
      }
    )
    for (filter, arguments) in filters {
      let given = try arguments.evaluated(in: rendering, of: filter.rawValue, place)
      value = try rendering.apply(filter, to: value, given)
    }
    try target.assign(value, in: rendering, place)
    return .next
  }
}

/// `{% macro %}`.
struct MacroStatement: Statement {
  let place: Place
  let definition: MacroDefinition

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    let macro = Value.macro(Macro(definition, in: rendering.scope))
    try rendering.own(macro, place)
    rendering.scope.values[definition.name] = macro
    return .next
  }
}

/// `{% with name = value %}…{% endwith %}`.
struct With: Statement {
  let place: Place
  let values: [(name: String, value: any Expression)]
  let body: Body

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.step(place)
    var found: [(String, Value)] = []
    for (name, value) in values { found.append((name, try rendering.evaluate(value))) }
    return try rendering.inside { () throws(JinjaError) in
      for (name, value) in found { rendering.scope.values[name] = value }
      return try rendering.run(body, place)
    }
  }
}

/// `{% generation %}…{% endgeneration %}`: what the model wrote.
struct Generation: Statement {
  let place: Place
  let body: Body

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.step(place)
    try rendering.generating { () throws(JinjaError) in
      try rendering.inside { () throws(JinjaError) in _ = try rendering.run(body, place) }
    }
    return .next
  }
}

/// `{% break %}` and `{% continue %}`.
struct Jump: Statement {
  let flow: Flow

  func run(in rendering: Rendering) throws(JinjaError) -> Flow { flow }
}
