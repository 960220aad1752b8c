package import BillhookModels

/// One of the projections, as recipes name them.
package enum Projection: String, Choice {
  case query, key, value, output, gate, up, down

  /// Its role among the weights of a block.
  package var role: WeightRole {
    switch self {
    case .query: .query
    case .key: .key
    case .value: .value
    case .output: .output
    case .gate: .gate
    case .up: .up
    case .down: .down
    }
  }

  /// That no block of a model has the projection, with those that there are.
  package func missing(in model: LanguageModel) -> String? {
    let roles = Set(model.projections.map(\.role))
    guard !roles.contains(role) else { return nil }
    let known = Self.allCases.filter { roles.contains($0.role) }.map { "`\($0.rawValue)`" }
    return "names `\(rawValue)`, of which the model has none; it has "
      + (known.isEmpty ? "no projections" : known.joined(separator: ", "))
  }
}
