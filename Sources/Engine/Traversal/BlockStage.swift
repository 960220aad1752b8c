public import BillhookModels
public import BillhookTorch

/// Projections of a block that are measured together, and then changed.
public struct BlockStage {
  /// The block, with what was changed in its earlier stages.
  public let step: BlockStep
  /// The projections of the stage.
  public let projections: Set<WeightRole>
  /// The same block of another model, where there is one.
  public let beside: BlockTwin?

  /// The block's number in the model as it was opened.
  public var number: Int { step.number }

  /// What messages call it.
  package var label: String { step.label }
}

/// The same block of another model, lent beside the one at hand.
public struct BlockTwin {
  /// The block.
  public let shape: BlockShape
  /// Its weights, in the type and on the device of the computation.
  public let weights: LentWeights
  private let run: (Tensor) throws -> BlockActivations

  init(
    shape: BlockShape,
    weights: LentWeights,
    run: @escaping (Tensor) throws -> BlockActivations
  ) {
    self.shape = shape
    self.weights = weights
    self.run = run
  }

  /// What a batch is inside of it.
  ///
  /// - Parameter entering: The hidden states in front of it: `[windows, tokens, hidden]`.
  /// - Returns: What enters all of its projections, and what leaves it.
  /// - Throws: `Cancelled`, and what libtorch refuses.
  public func activations(of entering: Tensor) throws -> BlockActivations { try run(entering) }
}

/// What is changed in a block.
public struct BlockChange {
  /// New values for some of its weights, in their shapes.
  public var weights: [WeightRole: Tensor]
  /// What is switched off of the block; what is said of other blocks is not heard.
  public var closed: Gates

  /// No change, unless said otherwise.
  public init(weights: [WeightRole: Tensor] = [:], closed: Gates = Gates()) {
    self.weights = weights
    self.closed = closed
  }
}

extension Gates {
  /// Closes in a block what others close there.
  mutating func close(_ others: Gates, inBlock number: Int) {
    if others.closedBlocks.contains(number) { closedBlocks.insert(number) }
    if others.closedAttentions.contains(number) { closedAttentions.insert(number) }
    if others.closedMLPs.contains(number) { closedMLPs.insert(number) }
    close(heads: others.closedHeads[number] ?? [], ofBlock: number)
    close(channels: others.closedChannels[number] ?? [], ofBlock: number)
  }
}
