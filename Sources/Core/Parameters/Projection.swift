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
}
