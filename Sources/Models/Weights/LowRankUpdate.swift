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
    let kept = try dropout?.applied(to: input) ?? input
    // Scaled, and made up for what was left out, in the middle, where there is least of it.
    let thin = try kept.innerProduct(down) * (scale / (dropout?.share ?? 1))
    // With long rows the products of the way back take a third of the time.
    return try thin.matmul(up.transposed(0, 1).contiguous())
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
  /// The chance of each element to stay, in 65,536ths.
  private let chance: Int
  /// Where the random numbers start, so that a pass can be repeated.
  public let seed: UInt64

  /// Leaves out elements with a chance below 1, rounded to 65,536ths.
  public init(probability: Double, seed: UInt64) {
    chance = max(1, Int(((1 - probability) * 65536).rounded()))
    self.seed = seed
  }

  /// What is left of many elements.
  var share: Double { Double(chance) / 65536 }

  /// The states without what is left out, the rest as it was.
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    let generator = try Generator(seed: seed, device: states.device)
    return try states * generator.coins(chance, states.shape)
  }
}
