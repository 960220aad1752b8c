import CTorch

extension Tensor {
  /// The rows of this `[vocabulary, width]` table that token ids name: `[…ids, width]`.
  public func embedding(_ ids: Tensor) throws(TorchError) -> Tensor {
    try make("embedding", on: [self, ids]) { ct_embedding(handle, ids.handle, $0) }
  }

  /// `self · weightᵀ + bias`, for `self: […, in]`, `weight: [out, in]`, `bias: [out]`.
  public func linear(_ weight: Tensor, bias: Tensor? = nil) throws(TorchError) -> Tensor {
    try make("linear", on: [self, weight] + (bias.map { [$0] } ?? [])) {
      ct_linear(handle, weight.handle, bias?.handle, $0)
    }
  }

  /// Root-mean-square normalisation over the last dimension, times a weight per channel.
  ///
  /// Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019, equation 4.
  public func rmsNorm(_ weight: Tensor, epsilon: Double) throws(TorchError) -> Tensor {
    try make("rms_norm", on: [self, weight]) {
      ct_rms_norm(handle, weight.handle, epsilon, $0)
    }
  }

  /// `x · sigmoid(x)`, element by element.
  public func silu() throws(TorchError) -> Tensor {
    try make("silu", on: [self]) { ct_silu(handle, $0) }
  }

  /// Exponentials along a dimension, scaled to sum to 1.
  public func softmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("softmax", on: [self]) { ct_softmax(handle, Int64(dimension), $0) }
  }

  /// Scaled dot-product attention of this query over keys and values.
  ///
  /// Shapes: query `[batch, heads, tokens, head]`, keys and values
  /// `[batch, KV heads, tokens, head]` with `heads` a multiple of `KV heads`.
  public func attention(keys: Tensor, values: Tensor, causal: Bool) throws(TorchError) -> Tensor {
    try make("scaled_dot_product_attention", on: [self, keys, values]) {
      ct_attention(handle, keys.handle, values.handle, causal, $0)
    }
  }

  /// The loss of each row of these logits: `-log softmax(self)[target]`, in nats.
  ///
  /// Shapes: logits `[rows, vocabulary]`, targets `[rows]`, result `[rows]`.
  public func crossEntropy(_ targets: Tensor) throws(TorchError) -> Tensor {
    try make("cross_entropy_loss", on: [self, targets]) {
      ct_cross_entropy(handle, targets.handle, $0)
    }
  }
}
