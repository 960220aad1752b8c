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

  /// The largest element.
  public func max() throws(TorchError) -> Tensor {
    try make("max", on: [self]) { ct_max(handle, $0) }
  }

  /// The product of all elements, gathered in `dtype`.
  public func product(dtype: DType? = nil) throws(TorchError) -> Tensor {
    try make("prod", on: [self]) { ct_prod(handle, (dtype ?? self.dtype).code, $0) }
  }
}
