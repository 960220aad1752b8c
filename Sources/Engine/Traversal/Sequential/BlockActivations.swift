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
  /// What attention (`output`) and MLP (`down`) add to the hidden states: `[windows, tokens, hidden]`.
  package let added: [WeightRole: Tensor]
  /// The lengths of the texts in each window; empty where each is one text.
  let texts: [[Int]]
  /// The numbers of the batch's windows in the calibration set, the same in every block; a batch
  /// that does not come from a set counts them from 0.
  public let windows: Range<Int>

  /// Makes the activations of one batch inside one block.
  ///
  /// - Parameters:
  ///   - entering: The hidden states before the block: `[windows, tokens, hidden]`.
  ///   - between: Those between attention and MLP.
  ///   - leaving: Those after the block.
  ///   - inputs: The inputs of projections: `[windows, tokens, channels]`.
  ///   - firstWindow: The number of the first window.
  public init(
    entering: Tensor,
    between: Tensor,
    leaving: Tensor,
    inputs: [WeightRole: Tensor] = [:],
    firstWindow: Int = 0
  ) {
    self.init(
      entering: entering,
      between: between,
      leaving: leaving,
      inputs: inputs,
      added: [:],
      texts: [],
      firstWindow: firstWindow
    )
  }

  init(
    entering: Tensor,
    between: Tensor,
    leaving: Tensor,
    inputs: [WeightRole: Tensor],
    added: [WeightRole: Tensor],
    texts: [[Int]],
    firstWindow: Int
  ) {
    self.entering = entering
    self.between = between
    self.leaving = leaving
    self.inputs = inputs
    self.added = added
    self.texts = texts
    windows = firstWindow..<firstWindow + (entering.shape.first ?? 0)
  }
}
