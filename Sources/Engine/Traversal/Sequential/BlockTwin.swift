public import BillhookModels
import BillhookTorch

/// The same block of another model, lent together with the current one.
public struct BlockTwin {
  /// The shape of the block.
  public let shape: BlockShape
  /// The block's weights, in the type and on the device of the computation.
  public let weights: LentWeights
  private let closed: ClosedParts
  private let run: (Tensor, _ texts: [[Int]], LentWeights, ClosedParts) throws -> BlockActivations

  init(
    shape: BlockShape,
    weights: LentWeights,
    closed: ClosedParts,
    run: @escaping (Tensor, _ texts: [[Int]], LentWeights, ClosedParts) throws -> BlockActivations
  ) {
    self.shape = shape
    self.weights = weights
    self.closed = closed
    self.run = run
  }

  /// The activations inside the block for a batch that enters the current block.
  ///
  /// - Parameter activations: The batch inside the current block.
  /// - Returns: The inputs of all projections, and the block's output, for the same hidden states.
  /// - Throws: `Cancelled`, and `TorchError` from libtorch.
  public func activations(beside activations: BlockActivations) throws -> BlockActivations {
    try run(activations.entering, activations.texts, weights, closed)
  }

  /// The gradients of a sub-layer's own loss: the mean squared difference between what it adds here and
  /// what it adds in the current block, for the same hidden states.
  ///
  /// Each window is a sample with a loss of its own. Gradients are computed in the type of the
  /// computation.
  ///
  /// - Parameters:
  ///   - end: The projection that ends the sub-layer: `output` or `down`.
  ///   - activations: A batch inside the current block.
  ///   - visit: Called for each window, with its loss and the gradients of the sub-layer's projections in
  ///     f32.
  /// - Throws: What `visit` throws, `Cancelled`, and `TorchError` from libtorch.
  package func gradients(
    ofSubLayer end: WeightRole,
    beside activations: BlockActivations,
    visit: (Double, LentWeights) throws -> Void
  ) throws {
    guard let target = activations.added[end] else { return }
    let isAttention = end.isOfAttention
    let hidden = isAttention ? activations.entering : activations.between
    var alone = closed
    if isAttention { alone.mlp = true } else { alone.attention = true }
    let roles = weights.roles.filter {
      $0.kind == .projection && $0.isOfAttention == isAttention
    }
    for window in 0..<activations.windows.count {
      let own = window..<window + 1
      let leaves = try roles.map { try weights.require($0).tracked() }
      let tracked = weights.replacing(Dictionary(uniqueKeysWithValues: zip(roles, leaves)))
      let texts = activations.texts.isEmpty ? [] : [activations.texts[window]]
      let seen = try withGradients { try run(hidden.narrowed(0, to: own), texts, tracked, alone) }
      guard let added = seen.added[end] else { return }
      let difference = try added.detached() - target.narrowed(0, to: own)
      let count = Double(difference.shape.reduce(1, *))
      let found = try added.gradients(of: leaves, upstream: difference * (2 / count))
      let gradients = try zip(roles, found).map { ($0, try $1.to(.float32)) }
      try visit(
        try difference.to(.float32).pow(2).sum([], dtype: .float64).scalar() / count,
        LentWeights(block: weights.block, Dictionary(uniqueKeysWithValues: gradients))
      )
    }
  }
}
