public import BillhookTorch

/// What is added to the matrix of a linear layer: the product of two thin matrices, scaled.
///
/// Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021, arXiv 2106.09685,
/// section 4.1.
public struct LowRankUpdate {
  /// From the input to the rank: `[rank, in]`, LoRA's A.
  public let down: Tensor
  /// From the rank to the output: `[out, rank]`, LoRA's B.
  public let up: Tensor
  /// What the product is multiplied by.
  public let scale: Double
  /// What of the input is left out in training; nil for nothing.
  public let dropout: Dropout?

  /// An update of a matrix `[out, in]`.
  public init(down: Tensor, up: Tensor, scale: Double, dropout: Dropout? = nil) {
    self.down = down
    self.up = up
    self.scale = scale
    self.dropout = dropout
  }

  /// What the update adds to the layer's output: `[…, out]` for an input `[…, in]`.
  func applied(to input: Tensor) throws(TorchError) -> Tensor {
    guard let dropout else { return try input.linear(down).linear(up) * scale }
    // What is left is scaled up behind the thin product, where there is less of it.
    let kept = try dropout.applied(to: input).linear(down) * (scale / (1 - dropout.probability))
    return try kept.linear(up)
  }

  /// The matrix with the update in it, in f32.
  func merged(into matrix: Tensor) throws(TorchError) -> Tensor {
    let product = try up.to(.float32).matmul(down.to(.float32))
    return try matrix.to(.float32) + product * scale
  }
}

/// Leaves out channels of single tokens at random; the same seed leaves out the same ones.
///
/// Source: Srivastava et al., Dropout, 2014, section 4; what is left is scaled in training, as is
/// usual now, by whoever uses it.
public struct Dropout: Sendable, Equatable {
  /// The chance of each element.
  public let probability: Double
  /// Where the random numbers start, so that a pass can be repeated.
  public let seed: UInt64

  /// Leaves out elements with a chance below 1.
  public init(probability: Double, seed: UInt64) {
    self.probability = probability
    self.seed = seed
  }

  /// The states without what is left out, the rest as it was.
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    let generator = try Generator(seed: seed, device: states.device)
    let kept = try generator.bernoulli(1 - probability, states.shape, dtype: states.dtype)
    return try states * kept
  }
}
