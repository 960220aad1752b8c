import CTorch

extension Tensor {
  /// The tensor as another type or on another device; itself where it already is.
  public func to(_ dtype: DType? = nil, device: Device? = nil) throws(TorchError) -> Tensor {
    try make("to", on: [self]) {
      ct_to(handle, (dtype ?? self.dtype).code, (device ?? self.device).code, $0)
    }
  }

  /// The same elements without gaps in memory; itself where there are none.
  public func contiguous() throws(TorchError) -> Tensor {
    try make("contiguous", on: [self]) { ct_contiguous(handle, $0) }
  }

  /// The same elements in memory of their own.
  public func copied() throws(TorchError) -> Tensor {
    try make("clone", on: [self]) { ct_clone(handle, $0) }
  }

  /// The same elements in another shape; one extent may be -1 and is then inferred.
  public func reshaped(_ shape: [Int]) throws(TorchError) -> Tensor {
    try make("reshape", on: [self]) {
      ct_reshape(handle, shape.sizes, shape.count, $0)
    }
  }

  /// The tensor with two dimensions exchanged.
  public func transposed(_ first: Int, _ second: Int) throws(TorchError) -> Tensor {
    try make("transpose", on: [self]) {
      ct_transpose(handle, Int64(first), Int64(second), $0)
    }
  }

  /// The part of a dimension that a range names.
  public func narrowed(_ dimension: Int, to range: Range<Int>) throws(TorchError) -> Tensor {
    try make("narrow", on: [self]) {
      ct_narrow(handle, Int64(dimension), Int64(range.lowerBound), Int64(range.count), $0)
    }
  }

  /// The tensor with its elements shifted along a dimension; those that leave the end enter at the
  /// start.
  public func rolled(_ dimension: Int, by places: Int) throws(TorchError) -> Tensor {
    try make("roll", on: [self]) { ct_roll(handle, Int64(dimension), Int64(places), $0) }
  }

  /// The entries along a dimension at the listed positions, in the order of the list.
  public func selecting(_ dimension: Int, _ positions: Tensor) throws(TorchError) -> Tensor {
    try make("index_select", on: [self, positions]) {
      ct_index_select(handle, Int64(dimension), positions.handle, $0)
    }
  }

  /// The matrix with zeros above a diagonal; diagonals count upwards from the main one, 0.
  public func lowerTriangle(upTo diagonal: Int) throws(TorchError) -> Tensor {
    try make("tril", on: [self]) { ct_tril(handle, Int64(diagonal), $0) }
  }

  /// The matrix with zeros below a diagonal; diagonals count upwards from the main one, 0.
  public func upperTriangle(from diagonal: Int) throws(TorchError) -> Tensor {
    try make("triu", on: [self]) { ct_triu(handle, Int64(diagonal), $0) }
  }

  /// The tensor with a new dimension of extent 1.
  public func unsqueezed(_ dimension: Int) throws(TorchError) -> Tensor {
    try make("unsqueeze", on: [self]) { ct_unsqueeze(handle, Int64(dimension), $0) }
  }

  /// Tensors joined along one dimension.
  public static func joined(_ tensors: [Tensor], along dimension: Int) throws(TorchError)
    -> Tensor
  {
    try make("cat", on: tensors) { result in
      tensors.map { $0.handle as ct_tensor? }.withUnsafeBufferPointer {
        ct_cat($0.baseAddress, tensors.count, Int64(dimension), result)
      }
    }
  }
}
