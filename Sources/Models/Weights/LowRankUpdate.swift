public import BillhookTorch

/// A low-rank update of the matrix of a linear layer: the scaled product of two thin matrices.
///
/// Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021, arXiv 2106.09685,
/// section 4.1.
public struct LowRankUpdate {
  /// The matrix from the input to the rank: `[rank, in]`, LoRA's A.
  public let down: Tensor
  /// The matrix from the rank to the output: `[out, rank]`, LoRA's B.
  public let up: Tensor
  /// What the product is multiplied by.
  public let scale: Double

  /// Makes an update of a matrix `[out, in]`.
  public init(down: Tensor, up: Tensor, scale: Double) {
    self.down = down
    self.up = up
    self.scale = scale
  }

  /// The matrix with the update merged, in f32 and on the update's device; gradients flow through it to
  /// all three.
  package func merged(into matrix: Tensor) throws(TorchError) -> Tensor {
    let product = try up.to(.float32).matmul(down.to(.float32))
    return try matrix.to(.float32, device: up.device) + product * scale
  }
}

extension [LowRankUpdate] {
  /// What the updates of layers with the same input `[…, in]` add to their outputs: for each layer
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
      // The scale, which also makes up for dropout, is applied between the two products, where the
      // tensor is smallest.
      return try (own * (update.scale / (dropout?.share ?? 1))).innerProduct(update.up)
    }
  }
}
