import BillhookFiles
import BillhookTorch

extension MappedFile {
  /// A tensor over some of the bytes, or a copy where the file does not align them.
  ///
  /// - Parameters:
  ///   - name: What errors call it.
  ///   - bytes: Where it is in the file.
  ///   - shape: Its shape.
  ///   - dtype: The type of its numbers.
  /// - Returns: The tensor.
  /// - Throws: `FileError` when the file was changed since it was opened, or libtorch fails.
  func tensor(
    _ name: String,
    at bytes: Range<Int>,
    shape: [Int],
    dtype: DType
  ) throws(FileError) -> Tensor {
    try tensor(name, at: bytes) { (own) throws(TorchError) in
      guard let start = own.baseAddress, !own.isEmpty else {
        return try Tensor.zeros(shape, dtype: dtype)
      }
      guard Int(bitPattern: start) % dtype.byteCount == 0 else {
        return try Tensor(copying: own, shape: shape, dtype: dtype)
      }
      return try Tensor(over: start, shape: shape, dtype: dtype, owner: self)
    }
  }

  /// A tensor that is made of some of the bytes.
  ///
  /// - Parameters:
  ///   - name: What errors call it.
  ///   - bytes: Where it is in the file.
  ///   - made: Makes it of them.
  /// - Returns: The tensor.
  /// - Throws: `FileError` when the file was changed since it was opened, or libtorch fails.
  func tensor(
    _ name: String,
    at bytes: Range<Int>,
    made: (UnsafeRawBufferPointer) throws(TorchError) -> Tensor
  ) throws(FileError) -> Tensor {
    try checkUnchanged()
    do throws(TorchError) {
      return try withBytes { (all) throws(TorchError) in
        try made(UnsafeRawBufferPointer(rebasing: all[bytes]))
      }
    } catch {
      throw FileError(path, at: name, "\(error)")
    }
  }
}
