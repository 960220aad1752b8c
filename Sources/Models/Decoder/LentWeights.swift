public import BillhookFiles
public import BillhookTorch

/// The weights of one block, or the model's own, lent for one step of a traversal.
public struct LentWeights {
  private let tensors: [WeightRole: Tensor]
  /// Low-rank updates, which are added to the outputs of layers without being merged.
  private var updates: [WeightRole: LowRankUpdate] = [:]
  /// The dropout of the inputs of updates.
  private var dropout: Dropout?
  /// The block's number in the model as it was opened; nil for the model's own weights.
  public let block: Int?

  /// Makes the weights of a block from tensors.
  public init(block: Int?, _ tensors: [WeightRole: Tensor]) {
    self.block = block
    self.tensors = tensors
  }

  /// The weight with this role; nil when the block has none.
  public subscript(_ role: WeightRole) -> Tensor? { tensors[role] }

  /// The weight with this role.
  ///
  /// - Throws: `FileError` when the block has none.
  public func require(_ role: WeightRole) throws(FileError) -> Tensor {
    guard let tensor = tensors[role] else {
      throw FileError(
        "the model",
        at: "\(WeightID(role, block: block))",
        "there is no such weight"
      )
    }
    return tensor
  }

  /// The output `[…, out]` of a linear layer for its input `[…, in]`, including a low-rank update.
  ///
  /// - Throws: `FileError` when there is no such layer, and `TorchError`.
  func project(_ input: Tensor, _ weight: WeightRole, bias: WeightRole? = nil) throws -> Tensor {
    try project(input, [(weight, bias)])[0]
  }

  /// The outputs of linear layers with the same input; dropout leaves out the same elements for all
  /// of them.
  func project(
    _ input: Tensor,
    _ layers: [(weight: WeightRole, bias: WeightRole?)]
  ) throws -> [Tensor] {
    var outputs = try layers.map { layer in
      let bias = layer.bias.flatMap { tensors[$0] }
      return try input.innerProduct(require(layer.weight), bias: bias)
    }
    let updated = layers.enumerated().compactMap { index, layer in
      updates[layer.weight].map { (index: index, update: $0) }
    }
    guard let first = updated.first else { return outputs }
    let thinning = dropout?.derived(layers[first.index].weight.input)
    let added = try updated.map(\.update).applied(to: input, thinning)
    for ((index, _), more) in zip(updated, added) { outputs[index] = try outputs[index] + more }
    return outputs
  }

  /// The same weights, with some matrices as copies in a layout that makes products faster, where
  /// there is one.
  ///
  /// The packed matrices can only be used by `project`, and without gradients.
  ///
  /// - Throws: `TorchError` when libtorch cannot make a copy.
  public func packing(_ roles: Set<WeightRole>) throws(TorchError) -> LentWeights {
    var packed: [WeightRole: Tensor] = [:]
    for role in roles { packed[role] = try tensors[role]?.packed() }
    return replacing(packed)
  }

  /// The same weights with some tensors replaced.
  public func replacing(_ new: [WeightRole: Tensor]) -> LentWeights {
    var weights = LentWeights(block: block, tensors.merging(new) { $1 })
    weights.updates = updates
    weights.dropout = dropout
    return weights
  }

  /// The same weights with low-rank updates, whose inputs go through dropout.
  public func adding(
    _ updates: [WeightRole: LowRankUpdate],
    dropout: Dropout? = nil
  ) -> LentWeights {
    var weights = self
    weights.updates = updates
    weights.dropout = dropout
    return weights
  }

  /// The same weights for a piece of a text, with a dropout of its own.
  func piece(_ number: Int) -> LentWeights {
    var weights = self
    weights.dropout = dropout?.derived(piece: number)
    return weights
  }

  /// The bytes of all weights.
  public var byteCount: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }

  /// The roles of the weights, in the order of `WeightRole`.
  public var roles: [WeightRole] { WeightRole.allCases.filter { tensors[$0] != nil } }

  /// The same weights, those of some kinds as leaf tensors that gradients are taken for.
  public func tracked(_ kinds: Set<WeightRole.Kind>) throws(TorchError) -> LentWeights {
    var leaves: [WeightRole: Tensor] = [:]
    for (role, tensor) in tensors where kinds.contains(role.kind) {
      leaves[role] = try tensor.tracked()
    }
    return replacing(leaves)
  }
}
