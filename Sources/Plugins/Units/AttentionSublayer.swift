import BillhookCore

/// The attention sub-layers of blocks with their norms; the MLP of the block stays.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 5, which drops attention and
/// MLP modules apart; He et al., What Matters in Transformers?, 2024, arXiv 2406.15786.
struct AttentionSublayer: PruningUnit {
  static let name = "attention"
  static let summary = "The attention sub-layers of blocks, each with its norms."

  var granularity: UnitGranularity { .attention }

  /// One unit for each block that has an attention.
  func units(of model: LanguageModel) -> [BlockUnits] {
    model.blocks.filter { $0.attention != nil }.map { block in
      let weights = model.configuration.weights(of: block).filter { $0.id.role.isOfAttention }
      return BlockUnits(kind: Self.name, granularity: granularity, block: block, weights: weights)
    }
  }

  /// The attentions add nothing to the hidden states.
  func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
    var gates = gates
    gates.closedAttentions.formUnion(units.map(\.block))
    return gates
  }
}
