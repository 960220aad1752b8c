public import BillhookModels
public import BillhookTorch

/// The activations of one batch inside one block, as the model with its gates computes them.
public struct BlockActivations {
  /// The hidden states before the block: `[windows, tokens, hidden]`.
  public let entering: Tensor
  /// The hidden states between attention and MLP; those before the block if it has no attention.
  public let between: Tensor
  /// The hidden states after the block.
  public let leaving: Tensor
  /// The inputs of projections, `[windows, tokens, channels]`: `query` for query, key and value,
  /// `gate` for gate and up.
  public let inputs: [WeightRole: Tensor]

  /// Makes the activations of one batch inside one block.
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
