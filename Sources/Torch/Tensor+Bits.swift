import CTorch

/// Masks as bits, eight columns to a byte: the form in which they are stored.
extension Tensor {
  /// The values of the eight bits of a byte, starting with the first column's.
  private static func bitValues() throws(TorchError) -> Tensor {
    try Tensor([1, 2, 4, 8, 16, 32, 64, 128]).to(.uint8)
  }

  /// The elements of this `bool` tensor as bits.
  ///
  /// Column `c` is bit `c % 8`, counted from the lowest, of byte `c / 8`. The last byte is padded
  /// with 0. Shapes: `[…, columns]`, result `[…, ⌈columns / 8⌉]` in `uint8`.
  public func packedBits() throws(TorchError) -> Tensor {
    guard dtype == .bool, let columns = shape.last else {
      throw TorchError(
        operation: "pack_bits",
        operands: [description],
        message: "expected bool with one dimension at least"
      )
    }
    let padded = try make("constant_pad_nd", on: [self]) {
      ct_pad_end(handle, Int64((8 - columns % 8) % 8), 0, $0)
    }
    let bits = try padded.to(.uint8).reshaped(padded.shape.dropLast() + [-1, 8])
    return try (bits * Self.bitValues().to(device: device)).sum([-1], dtype: .uint8)
  }

  /// The `bool` tensor whose bits this holds.
  ///
  /// - Parameter columns: The extent of its last dimension.
  /// - Returns: The tensor.
  /// - Throws: `TorchError` when the number of bytes is not the one that those columns take.
  public func unpackedBits(columns: Int) throws(TorchError) -> Tensor {
    guard dtype == .uint8, let bytes = shape.last, bytes == (columns + 7) / 8 else {
      throw TorchError(
        operation: "unpack_bits",
        operands: [description],
        message: "expected uint8 with \((columns + 7) / 8) bytes for \(columns) columns"
      )
    }
    let bits = try unsqueezed(-1) .& Self.bitValues().to(device: device)
    return try (.!(bits .== 0)).reshaped(shape.dropLast() + [bytes * 8])
      .narrowed(-1, to: 0..<columns)
  }
}
