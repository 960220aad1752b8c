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

  /// An update of a matrix `[out, in]`.
  public init(down: Tensor, up: Tensor, scale: Double) {
    self.down = down
    self.up = up
    self.scale = scale
  }

  /// The matrix with the update in it, in f32.
  func merged(into matrix: Tensor) throws(TorchError) -> Tensor {
    let product = try up.to(.float32).matmul(down.to(.float32))
    return try matrix.to(.float32) + product * scale
  }
}

extension [LowRankUpdate] {
  /// What the updates of layers with the same input add to their outputs: for an input `[…, in]` each
  /// `[…, out]`.
  ///
  /// One dropout and one thin product serve all of them.
  func applied(to input: Tensor, _ dropout: Dropout?) throws(TorchError) -> [Tensor] {
    let kept = try dropout?.applied(to: input) ?? input
    let thin = try kept.innerProduct(count == 1 ? self[0].down : .joined(map(\.down), along: 0))
    var start = 0
    return try map { (update) throws(TorchError) in
      let end = start + update.down.shape[0]
      let own = try thin.narrowed(thin.shape.count - 1, to: start..<end)
      start = end
      // Scaled, and made up for what was left out, in the middle, where there is least of it.
      return try (own * (update.scale / (dropout?.share ?? 1))).innerProduct(update.up)
    }
  }
}
