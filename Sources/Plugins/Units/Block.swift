import BillhookCore
import BillhookModels

/// Whole decoder blocks: attention, MLP and both norms.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 3.
struct Block: PruningUnit {
  static let name = "block"
  static let summary = "Whole decoder blocks: attention, MLP and both norms (depth pruning)."

  /// One unit for each block.
  func units(of model: LanguageModel) -> [PrunableUnit] {
    model.blocks.map { block in
      PrunableUnit(
        number: block.sourceIndex,
        block: block.sourceIndex,
        label: "block \(block.sourceIndex)",
        slices: model.configuration.weights(of: block).map { Slice(whole: $0.id, shape: $0.shape) }
      )
    }
  }

  /// The blocks pass on what enters them.
  func closing(_ units: [PrunableUnit], in gates: Gates) -> Gates {
    Gates(closedBlocks: gates.closedBlocks.union(units.map(\.block)))
  }

  /// The blocks are gone; those behind them move up.
  func cutting(
    _ units: [PrunableUnit],
    from model: LanguageModel
  ) throws -> LanguageModel {
    try model.removingBlocks(Set(units.map(\.block)))
  }
}
