import BillhookModels

/// What is changed in a model before a pass measures the next part of it.
public enum SequentialOrder: String, Sendable, CaseIterable {
  /// Nothing: all blocks are measured in the model as it is.
  case none
  /// Earlier blocks: the input of a block comes from changed ones (Wanda, SparseGPT).
  case block
  /// Also the attention of a block, before its MLP is measured.
  case module
  /// Everything before each projection, in the order query, key and value, then output, then gate
  /// and up, then down (`--true-sequential` of SparseGPT and GPTQ).
  case stage

  /// The projections of a block that are measured together, in their order.
  func stages(in shape: BlockShape) -> [Set<WeightRole>] {
    let attention: [Set<WeightRole>] =
      shape.attention == nil ? [] : [[.query, .key, .value], [.output]]
    let mlp: [Set<WeightRole>] =
      shape.mlp.map { [$0.isGated ? [.gate, .up] : [.up], [.down]] } ?? []
    func joined(_ stages: [Set<WeightRole>]) -> Set<WeightRole> {
      stages.reduce([]) { $0.union($1) }
    }
    return switch self {
    // A block without either is shown as well; its output is its input.
    case .none, .block: [joined(attention + mlp)]
    case .module: [joined(attention), joined(mlp)].filter { !$0.isEmpty }
    case .stage: attention + mlp
    }
  }
}
