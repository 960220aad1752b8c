/// `{% macro name(parameters) %}…{% endmacro %}`.
struct MacroDefinition: Sendable {
  let name: String
  let parameters: [(name: String, otherwise: (any Expression)?)]
  let body: Body
}

/// A macro with the variables that it sees: those of the place where it stands, never its caller's.
final class Macro {
  let definition: MacroDefinition
  private var scope: Scope?

  init(_ definition: MacroDefinition, in scope: Scope) {
    self.definition = definition
    self.scope = scope
  }

  /// Lets go of the variables, of which it is one itself.
  func clear() { scope = nil }

  /// What the macro writes.
  func call(_ given: Given, in rendering: Rendering) throws(JinjaError) -> Value {
    let parameters = definition.parameters
    guard given.values.count <= parameters.count else {
      throw JinjaError(
        .template,
        "the macro `\(definition.name)` takes at most \(parameters.count) arguments, found "
          + "\(given.values.count)",
        at: given.place
      )
    }
    for (name, _) in given.named
    where !parameters.dropFirst(given.values.count).contains(where: { $0.name == name }) {
      throw JinjaError(
        .template,
        "the macro `\(definition.name)` has no parameter `\(name)` left",
        at: given.place
      )
    }
    return try rendering.calling(given.place) { () throws(JinjaError) in
      try rendering.inside(scope) { () throws(JinjaError) in
        for (index, parameter) in parameters.enumerated() {
          let value: Value
          if let known = given.argument(index, parameter.name) {
            value = known
          } else if let otherwise = parameter.otherwise {
            value = try rendering.evaluate(otherwise)
          } else {
            value = .undefined(parameter.name)
          }
          rendering.scope.values[parameter.name] = value
        }
        return .string(
          try rendering.captured { () throws(JinjaError) in
            _ = try rendering.run(definition.body, given.place)
          }
        )
      }
    }
  }
}
