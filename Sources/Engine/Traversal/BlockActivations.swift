public import BillhookModels
public import BillhookTorch

/// What one batch is on its way through one block, as the model with its gates computes it.
public struct BlockActivations {
  /// The hidden states in front of the block: `[windows, tokens, hidden]`.
  public let entering: Tensor
  /// The hidden states between attention and MLP; those in front of it in a block without attention.
  public let between: Tensor
  /// The hidden states behind the block.
  public let leaving: Tensor
  /// What enters projections, `[windows, tokens, channels]`: `query` stands for query, key and
  /// value, `gate` for gate and up.
  public let inputs: [WeightRole: Tensor]

  /// Puts together what one batch is inside one block.
  public init(
    entering: Tensor,
    between: Tensor,
    leaving: Tensor,
    inputs: [WeightRole: Tensor] = [:]
  ) {
    self.entering = entering
    self.between = between
    self.leaving = leaving
    self.inputs = inputs
  }
}
