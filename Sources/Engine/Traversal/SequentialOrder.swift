import BillhookModels

/// What of a model is changed before a pass measures the next of it.
public enum SequentialOrder: String, Sendable, CaseIterable {
  /// Nothing: all blocks are measured in the model as it is.
  case none
  /// The blocks before: what enters a block comes from changed ones (Wanda, SparseGPT).
  case block
  /// The attention of a block too, before its MLP is measured.
  case module
  /// What comes before each projection: query, key and value, then output, then gate and up, then down
  /// (`--true-sequential` of SparseGPT and GPTQ).
  case stage

  /// The projections of a block that are measured together, in their order.
  func stages(in shape: BlockShape) -> [Set<WeightRole>] {
    let attention: [Set<WeightRole>] =
      shape.attention == nil ? [] : [[.query, .key, .value], [.output]]
    let mlp: [Set<WeightRole>] = shape.mlp == nil ? [] : [[.gate, .up], [.down]]
    func joined(_ stages: [Set<WeightRole>]) -> Set<WeightRole> {
      stages.reduce([]) { $0.union($1) }
    }
    return switch self {
    // A block without either is shown as well: what enters it leaves it.
    case .none, .block: [joined(attention + mlp)]
    case .module: [joined(attention), joined(mlp)].filter { !$0.isEmpty }
    case .stage: attention + mlp
    }
  }
}
