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

  /// `max(x, 0)`, element by element.
  public func relu() throws(TorchError) -> Tensor {
    try make("relu", on: [self]) { ct_relu(handle, $0) }
  }

  /// `x · Φ(x)`, element by element; exactly, or with `Φ` approximated by a hyperbolic tangent.
  ///
  /// Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv 1606.08415, section 2.
  public func gelu(approximatedByTanh: Bool) throws(TorchError) -> Tensor {
    try make("gelu", on: [self]) { ct_gelu(handle, approximatedByTanh, $0) }
  }

  /// Exponentials along a dimension, scaled to sum to 1.
  public func softmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("softmax", on: [self]) { ct_softmax(handle, Int64(dimension), $0) }
  }

  /// The logarithm of `softmax`, without loss of small values.
  public func logSoftmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("log_softmax", on: [self]) { ct_log_softmax(handle, Int64(dimension), $0) }
  }

  /// Scaled dot-product attention of this query over keys and values.
  ///
  /// Shapes: query `[batch, heads, tokens, head]`, keys and values
  /// `[batch, KV heads, tokens, head]` with `heads` a multiple of `KV heads`.
  ///
  /// - Parameters:
  ///   - keys: The keys.
  ///   - values: The values.
  ///   - mask: What is added to the scores, broadcast to `[batch, heads, queries, keys]`.
  ///   - causal: Whether each query sees keys up to its own position only; not together with
  ///     `mask`.
  ///   - scale: What scores are multiplied by; nil for one over the root of the head's size.
  /// - Returns: The values that each query sees, weighted, in the query's shape.
  /// - Throws: `TorchError` when the shapes do not fit.
  public func attention(
    keys: Tensor,
    values: Tensor,
    mask: Tensor? = nil,
    causal: Bool,
    scale: Double? = nil
  ) throws(TorchError) -> Tensor {
    let inputs = [self, keys, values] + (mask.map { [$0] } ?? [])
    return try make("scaled_dot_product_attention", on: inputs) { result in
      func call(_ scale: UnsafePointer<Double>?) -> ct_status {
        ct_attention(handle, keys.handle, values.handle, mask?.handle, causal, scale, result)
      }
      return scale.map { withUnsafePointer(to: $0, call) } ?? call(nil)
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
