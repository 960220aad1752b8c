import CTorch

extension Tensor {
  /// The sum over some dimensions, or over all when none is named, gathered in `dtype`.
  public func sum(_ dimensions: [Int] = [], dtype: DType? = nil) throws(TorchError) -> Tensor {
    try make("sum", on: [self]) {
      ct_sum(handle, dimensions.sizes, dimensions.count, (dtype ?? self.dtype).code, $0)
    }
  }

  /// The mean over some dimensions, or over all when none is named, gathered in `dtype`.
  public func mean(_ dimensions: [Int] = [], dtype: DType? = nil) throws(TorchError) -> Tensor {
    try make("mean", on: [self]) {
      ct_mean(handle, dimensions.sizes, dimensions.count, (dtype ?? self.dtype).code, $0)
    }
  }

  /// The root of the sum of squares of all elements.
  public func norm() throws(TorchError) -> Tensor {
    try make("vector_norm", on: [self]) { ct_vector_norm(handle, $0) }
  }

  /// The largest element.
  public func max() throws(TorchError) -> Tensor {
    try make("max", on: [self]) { ct_max(handle, $0) }
  }

  /// The largest elements along a dimension, which is dropped; NaN counts as largest.
  public func max(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("amax", on: [self]) { ct_amax(handle, Int64(dimension), $0) }
  }

  /// The logarithms of the sums of exponentials along a dimension, which is dropped, without overflow.
  public func logSumExp(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("logsumexp", on: [self]) { ct_logsumexp(handle, Int64(dimension), $0) }
  }

  /// The positions of the largest elements along a dimension.
  public func argmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("argmax", on: [self]) { ct_argmax(handle, Int64(dimension), $0) }
  }

  /// The largest elements along the last dimension, from the largest down, and their positions.
  public func largest(
    _ count: Int
  ) throws(TorchError) -> (values: Tensor, positions: Tensor) {
    try makePair("topk", on: [self]) { ct_topk(handle, Int64(count), $0, $1) }
  }

  /// The product of all elements, gathered in `dtype`.
  public func product(dtype: DType? = nil) throws(TorchError) -> Tensor {
    try make("prod", on: [self]) { ct_prod(handle, (dtype ?? self.dtype).code, $0) }
  }

  /// The products along a dimension, which is dropped.
  public func product(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("prod", on: [self]) { ct_prod_along(handle, Int64(dimension), $0) }
  }
}
