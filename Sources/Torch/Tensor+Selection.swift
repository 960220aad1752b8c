import CTorch

extension Tensor {
  /// The elements of `a` where this `bool` tensor holds, and those of `b` elsewhere, with
  /// broadcasting.
  public func choosing(_ a: Tensor, else b: Tensor) throws(TorchError) -> Tensor {
    try make("where", on: [self, a, b]) { ct_where(handle, a.handle, b.handle, $0) }
  }

  /// The elements along a dimension in order, and the positions that they had; equal ones stay in
  /// the order in which they were, and NaN counts as largest.
  public func sorted(
    _ dimension: Int = -1,
    descending: Bool = false
  ) throws(TorchError) -> (values: Tensor, positions: Tensor) {
    try makePair("sort", on: [self]) {
      ct_sort(handle, Int64(dimension), descending, $0, $1)
    }
  }

  /// The k-th smallest elements along a dimension, which is dropped, and the positions that they
  /// had; k counts from 1, and NaN counts as largest.
  public func smallest(
    _ k: Int,
    along dimension: Int = -1
  ) throws(TorchError) -> (value: Tensor, position: Tensor) {
    let (value, position) = try makePair("kthvalue", on: [self]) {
      ct_kth_value(handle, Int64(k), Int64(dimension), $0, $1)
    }
    return (value, position)
  }

  /// The sums of the elements up to each one along a dimension, gathered in `dtype`.
  public func cumulativeSum(_ dimension: Int, dtype: DType) throws(TorchError) -> Tensor {
    try make("cumsum", on: [self]) {
      ct_cumulative_sum(handle, Int64(dimension), dtype.code, $0)
    }
  }

  /// The elements that `positions` names along a dimension, each within its own line.
  ///
  /// Shapes: positions like this tensor, except for the extent of the dimension; the result like
  /// positions.
  public func gathering(_ dimension: Int, _ positions: Tensor) throws(TorchError) -> Tensor {
    try make("gather", on: [self, positions]) {
      ct_gather(handle, Int64(dimension), positions.handle, $0)
    }
  }

  /// This tensor with the elements of `source` at the indices that `positions` names along a
  /// dimension, each within its own line: the inverse of `gathering`.
  ///
  /// Shapes: positions and source the same, and like this tensor, except for the extent of the
  /// dimension.
  public func scattering(
    _ dimension: Int,
    _ positions: Tensor,
    from source: Tensor
  ) throws(TorchError) -> Tensor {
    try make("scatter", on: [self, positions, source]) {
      ct_scatter(handle, Int64(dimension), positions.handle, source.handle, $0)
    }
  }
}
