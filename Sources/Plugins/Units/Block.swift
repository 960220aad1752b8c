import BillhookCore

/// Whole decoder blocks: attention, MLP and both norms.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 3.
struct Block: PruningUnit {
  static let name = "block"
  static let summary = "Whole decoder blocks: attention, MLP and both norms (depth pruning)."

  var granularity: UnitGranularity { .block }

  /// One unit for each block.
  func units(of model: LanguageModel) -> [BlockUnits] {
    model.blocks.map { block in
      let weights = model.configuration.weights(of: block)
      return BlockUnits(kind: Self.name, granularity: granularity, block: block, weights: weights)
    }
  }

  /// Closed blocks pass on what enters them; after a cut, later blocks move up.
  func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
    var gates = gates
    gates.closedBlocks.formUnion(units.map(\.block))
    return gates
  }
}
