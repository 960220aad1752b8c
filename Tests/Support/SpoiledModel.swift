import BillhookCore

extension ModelCopy {
  /// Changes one element of one tensor.
  ///
  /// - Parameters:
  ///   - name: The tensor's name in the file.
  ///   - index: The element, counted through all rows.
  ///   - value: What it is afterwards.
  /// - Throws: What the disk refuses.
  public func spoil(_ name: String, at index: Int, with value: Double) throws {
    try rewrite { tensors in
      guard let tensor = tensors[name] else {
        throw FileError(path, at: name, "there is no such tensor")
      }
      try tensor.reshaped([-1]).narrowed(0, to: index..<index + 1)
        .copy(from: Tensor.full([1], value, dtype: tensor.dtype))
    }
  }
}
