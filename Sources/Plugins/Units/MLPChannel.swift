import BillhookCore

/// Channels between the up and the down projection: a row of gate and up with their biases, a column
/// of down.
///
/// Source: Ma et al., LLM-Pruner, 2023, arXiv 2305.11627, section 3.1: the coupled structure of an
/// MLP.
struct MLPChannel: PruningUnit {
  static let name = "mlp_channel"
  static let summary = "Channels of MLPs: rows of gate and up, columns of down (width pruning)."
  static let defaultAllocation = "uniform"

  /// The number that the width of a pruned MLP is a multiple of.
  var multiple = 1

  static let parameters = [
    Parameter<MLPChannel>(
      "multiple_of",
      \.multiple,
      in: 1...1_000_000,
      help: "the number that the width of a pruned MLP is a multiple of"
    )
  ]

  var granularity: UnitGranularity { .channels }

  /// As many units for each block as its MLP is wide; one stays at least.
  func units(of model: LanguageModel) -> [BlockUnits] {
    let shapes = Dictionary(uniqueKeysWithValues: model.blocks.map { ($0.sourceIndex, $0) })
    var start = 0
    var found: [BlockUnits] = []
    for opened in model.opened.blocks {
      defer { start += opened.mlp?.width ?? 0 }
      guard let block = shapes[opened.sourceIndex], block.mlp != nil else { continue }
      var units = BlockUnits(
        kind: Self.name,
        granularity: granularity,
        block: block.sourceIndex,
        start: start,
        places: model.channels(ofBlock: block.sourceIndex),
        slices: model.configuration.weights(of: block).compactMap(Self.slice)
      )
      units.minimum = 1
      units.multiple = multiple
      found.append(units)
    }
    return found
  }

  private static func slice(_ weight: (id: WeightID, shape: [Int])) -> Slice? {
    switch weight.id.role {
    case .gate, .up, .gateBias, .upBias:
      Slice(weight.id, shape: weight.shape, dimension: 0, extent: 1)
    case .down: Slice(weight.id, shape: weight.shape, dimension: 1, extent: 1)
    default: nil
    }
  }

  /// The channels give zeros to the down projection.
  func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
    var gates = gates
    for (block, units) in Dictionary(grouping: units, by: \.block) {
      gates.close(channels: units.map(\.place), ofBlock: block)
    }
    return gates
  }
}
