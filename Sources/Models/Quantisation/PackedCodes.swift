import BillhookTorch

/// Codes of 4 or 8 bits in words of 32, the first one in the lowest bits.
enum PackedCodes {
  /// Packs along the last dimension.
  ///
  /// - Parameters:
  ///   - codes: `[…, n]` in uint8, with n · bits a multiple of 32.
  ///   - bits: 4 or 8.
  /// - Returns: `[…, n · bits / 32]` in int32.
  /// - Throws: `TorchError` for another number of codes.
  static func packed(_ codes: Tensor, bits: Int) throws -> Tensor {
    let outer = Array(codes.shape.dropLast())
    var bytes = codes
    if bits == 4 {
      let pairs = try codes.reshaped(outer + [-1, 2])
      let (low, high) = (try pairs.narrowed(-1, to: 0..<1), try pairs.narrowed(-1, to: 1..<2))
      bytes = try (low + high * Tensor([16]).to(.uint8, device: codes.device))
        .reshaped(outer + [-1])
    }
    let words = (bytes.shape.last ?? 0) / 4
    return try bytes.withBytes {
      try Tensor(copying: $0, shape: outer + [words], dtype: .int32)
    }
  }

  /// Unpacks along the last dimension.
  ///
  /// - Parameters:
  ///   - words: `[…, words]` in int32.
  ///   - bits: 4 or 8.
  /// - Returns: `[…, words · 32 / bits]` in uint8.
  /// - Throws: `TorchError` for words of another type.
  static func unpacked(_ words: Tensor, bits: Int) throws -> Tensor {
    let outer = Array(words.shape.dropLast())
    let count = 4 * (words.shape.last ?? 0)
    let bytes = try words.withBytes {
      try Tensor(copying: $0, shape: outer + [count], dtype: .uint8)
    }
    guard bits == 4 else { return bytes }
    let low = try bytes .& Tensor([15]).to(.uint8)
    // The rest is a multiple of 16, so the quotient is exact.
    let high = try ((bytes - low).to(.float32) * (1.0 / 16)).to(.uint8)
    return try Tensor.joined([low.unsqueezed(-1), high.unsqueezed(-1)], along: -1)
      .reshaped(outer + [2 * count])
  }
}
