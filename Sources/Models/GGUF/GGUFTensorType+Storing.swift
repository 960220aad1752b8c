import BillhookFiles
import BillhookTorch

extension GGUFTensorType {
  /// A tensor as it is stored: rounded, or as blocks of bytes.
  ///
  /// - Parameters:
  ///   - tensor: The tensor.
  ///   - name: What errors call it.
  ///   - path: The file.
  /// - Returns: Numbers of `dtype`, or blocks `[blocks, bytes]` where the type is quantised.
  /// - Throws: `FileError` when finite numbers become infinite.
  func stored(_ tensor: Tensor, named name: String, in path: String) throws -> Tensor {
    guard !isQuantized else {
      return try BlockQuantization(self).blocks(of: tensor, named: name, in: path)
    }
    let rounded = try tensor.to(dtype)
    guard try rounded.dtype == tensor.dtype || rounded.allFinite() || !tensor.allFinite() else {
      throw FileError(
        path,
        at: name,
        "holds numbers up to \(try tensor.to(.float32).abs().max().scalar()), which are infinite in "
          + "\(self.name); save with `type = bf16` or `f32`"
      )
    }
    return rounded
  }
}
