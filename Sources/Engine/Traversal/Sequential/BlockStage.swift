public import BillhookModels
public import BillhookTorch

/// Projections of a block that are measured together, and then changed.
public struct BlockStage {
  /// The block, with what was changed in its earlier stages.
  public let step: BlockStep
  /// The projections of the stage.
  public let projections: Set<WeightRole>
  /// The same block of another model; nil where none was given.
  public let beside: BlockTwin?

  /// The block's number in the model as it was opened.
  public var number: Int { step.number }

  /// The block's name in messages.
  package var label: String { step.label }
}

/// The changes of a block.
public struct BlockChange {
  /// New values for some of the block's weights, in their shapes.
  public var weights: [WeightRole: Tensor]
  /// Which elements of some of the block's weights stay, `bool` in their shapes; the others become
  /// +0, in the new values where there are any.
  public var masks: [WeightRole: Tensor]
  /// Codes in place of some of the block's weights, in their shapes.
  public var quantised: [WeightRole: QuantisedMatrix]
  /// What is switched off in the block; gates of other blocks are ignored.
  public var closed: Gates

  /// Makes a change; by default none.
  public init(
    weights: [WeightRole: Tensor] = [:],
    masks: [WeightRole: Tensor] = [:],
    quantised: [WeightRole: QuantisedMatrix] = [:],
    closed: Gates = Gates()
  ) {
    self.weights = weights
    self.masks = masks
    self.quantised = quantised
    self.closed = closed
  }
}

extension Gates {
  /// Closes in one block what other gates close there.
  mutating func close(_ others: Gates, inBlock number: Int) {
    if others.closedBlocks.contains(number) { closedBlocks.insert(number) }
    if others.closedAttentions.contains(number) { closedAttentions.insert(number) }
    if others.closedMLPs.contains(number) { closedMLPs.insert(number) }
    close(heads: others.closedHeads[number] ?? [], ofBlock: number)
    close(channels: others.closedChannels[number] ?? [], ofBlock: number)
  }
}
