public import BillhookCore
public import BillhookModels

/// Whole decoder blocks: attention, MLP and both norms.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 3.
public struct Block: PruningUnit {
  public static let name = "block"
  public static let summary = "Whole decoder blocks: attention, MLP and both norms (depth pruning)."

  /// No settings.
  public init() {}

  /// One unit for each block.
  public func units(of model: LanguageModel) -> [PrunableUnit] {
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
  public func closing(_ units: [PrunableUnit], in gates: Gates) -> Gates {
    Gates(closedBlocks: gates.closedBlocks.union(units.map(\.block)))
  }

  /// The blocks are gone; those behind them move up.
  public func cutting(
    _ units: [PrunableUnit],
    from model: LanguageModel
  ) throws -> LanguageModel {
    try model.removingBlocks(Set(units.map(\.block)))
  }
}
