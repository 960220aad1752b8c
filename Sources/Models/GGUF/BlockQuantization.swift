import BillhookFiles
import BillhookTorch

/// Rounding to ggml's quantised types: blocks of 32 values that share a scale in f16.
///
/// Bytes and values are those of the quantiser of the `gguf` package, bit for bit, which for q8_0 are
/// those of `quantize_row_q8_0_ref` of ggml too. Where the largest magnitude of a block is so small
/// that one over the scale is infinite, the values here are zero; the scale is zero in either case.
///
/// - q8_0: `d = max|x| / 127`; each value is `x / d` rounded to the nearest whole number, halves away
///   from zero.
/// - q4_0: `d = m / -8`, where m is the value of the largest magnitude, the first of several; each
///   value is `x / d + 8.5` rounded down, at most 15. The first half of a block is in the lower four
///   bits.
struct BlockQuantization {
  let type: GGUFTensorType

  private static let size = 32
  private static let scaleByteCount = 2

  init(_ type: GGUFTensorType) { self.type = type }

  /// How many blocks are computed at once: what is computed of them takes some 25 MB.
  private static let blocksAtOnce = 1 << 15

  /// The blocks of a tensor as bytes, `[blocks, bytes]`.
  ///
  /// - Throws: `FileError` when a scale is not finite in f16, `TorchError` when libtorch fails.
  func blocks(of tensor: Tensor, named name: String, in path: String) throws -> Tensor {
    let values = try tensor.contiguous().reshaped([-1, Self.size])
    let count = values.shape[0]
    let found = try Tensor.zeros([count, type.blockByteCount], dtype: .uint8)
    for part in Self.parts(of: count) {
      let some = try values.narrowed(0, to: part).to(.float32)
      let (scales, codes) = try type == .q8_0 ? q8(some) : q4(some)
      let rounded = try scales.to(.float16)
      guard try rounded.allFinite() else {
        throw FileError(
          path,
          at: name,
          "holds numbers up to \(try some.abs().max().scalar()), for which the scales of "
            + "\(type.name), in f16, would be infinite; save with `type = bf16` or `f32`"
        )
      }
      try found.narrowed(0, to: part)
        .copy(from: Tensor.joined([Self.bytes(of: rounded, Self.scaleByteCount), codes], along: 1))
    }
    return found
  }

  /// The values that blocks stand for, in f32.
  func values(of bytes: UnsafeRawBufferPointer, shape: [Int]) throws(TorchError) -> Tensor {
    let count = bytes.count / type.blockByteCount
    let found = try Tensor.zeros([count, Self.size])
    for part in Self.parts(of: count) {
      let place = part.lowerBound * type.blockByteCount..<part.upperBound * type.blockByteCount
      let some = try Tensor(
        copying: UnsafeRawBufferPointer(rebasing: bytes[place]),
        shape: [part.count, type.blockByteCount],
        dtype: .uint8
      )
      try found.narrowed(0, to: part).copy(from: values(of: some))
    }
    return try found.reshaped(shape)
  }

  /// The values that blocks, `[blocks, bytes]`, stand for, in f32.
  func values(of blocks: Tensor, shape: [Int]) throws(TorchError) -> Tensor {
    let count = blocks.shape[0]
    let found = try Tensor.zeros([count, Self.size])
    for part in Self.parts(of: count) {
      try found.narrowed(0, to: part).copy(from: values(of: blocks.narrowed(0, to: part)))
    }
    return try found.reshaped(shape)
  }

  /// The values of a few blocks, `[blocks, values]` in f32.
  private func values(of blocks: Tensor) throws(TorchError) -> Tensor {
    let (count, width) = (blocks.shape[0], blocks.shape[1])
    let scales = try Self.reinterpreted(
      blocks.narrowed(1, to: 0..<Self.scaleByteCount),
      as: .float16,
      shape: [count, 1]
    ).to(.float32)
    let codes = try blocks.narrowed(1, to: Self.scaleByteCount..<width)
    let numbers: Tensor
    if type == .q8_0 {
      numbers = try Self.reinterpreted(codes, as: .int8, shape: [count, Self.size]).to(.float32)
    } else {
      let both = try codes.to(.float32)
      let upper = try Self.floor(both * (1.0 / 16))
      let lower = try both - upper * 16
      numbers = try Tensor.joined([lower, upper], along: 1) + -8
    }
    return try numbers * scales
  }

  /// The places of blocks that are computed together.
  private static func parts(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: blocksAtOnce).map { $0..<min($0 + blocksAtOnce, count) }
  }

  private func q8(_ values: Tensor) throws(TorchError) -> (scales: Tensor, codes: Tensor) {
    let scales = try values.abs().max(1).reshaped([-1, 1]) / Tensor([127] as [Float])
    let scaled = try values * Self.inverse(scales)
    let magnitude = try scaled.abs()
    let whole = try Self.floor(magnitude)
    let rounded = try whole + Self.floor((magnitude - whole) * 2)
    let isNegative = try (scaled .< 0).to(.float32)
    let numbers = try rounded * (isNegative * -2 + 1)
    return (scales, try Self.bytes(of: numbers.to(.int8), Self.size))
  }

  private func q4(_ values: Tensor) throws(TorchError) -> (scales: Tensor, codes: Tensor) {
    let first = try values.abs().argmax(1).reshaped([-1, 1])
    let scales = try values.gathering(1, first) / Tensor([-8] as [Float])
    let raised = try Self.floor(values * Self.inverse(scales) + 8.5)
    let isOver = try (raised .< 16)
    let numbers = try isOver.choosing(raised, else: Tensor([15] as [Float]))
    let half = Self.size / 2
    let packed =
      try numbers.narrowed(1, to: half..<Self.size) * 16 + numbers.narrowed(1, to: 0..<half)
    return (scales, try packed.to(.uint8))
  }

  /// One over each scale; zero where that is not finite.
  private static func inverse(_ scales: Tensor) throws(TorchError) -> Tensor {
    let inverse = try Tensor([1] as [Float]) / scales
    return try (inverse.abs() .<= Double(Float.greatestFiniteMagnitude))
      .choosing(inverse, else: Tensor([0] as [Float]))
  }

  /// The whole part of numbers from 0 to 2³¹.
  private static func floor(_ numbers: Tensor) throws(TorchError) -> Tensor {
    try numbers.to(.int32).to(.float32)
  }

  /// The bytes of a tensor, `[rows, width]`.
  private static func bytes(of tensor: Tensor, _ width: Int) throws(TorchError) -> Tensor {
    try reinterpreted(tensor, as: .uint8, shape: [tensor.shape[0], width])
  }

  private static func reinterpreted(
    _ tensor: Tensor,
    as dtype: DType,
    shape: [Int]
  ) throws(TorchError) -> Tensor {
    let tensor = try tensor.contiguous()
    return try Result {
      try tensor.withBytes { try Tensor(copying: $0, shape: shape, dtype: dtype) }
    }.mapError { $0 as? TorchError ?? TorchError(operation: "bytes", message: "\($0)") }.get()
  }
}
