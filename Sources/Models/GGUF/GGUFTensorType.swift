public import BillhookTorch

/// The types of tensors in GGUF files that are read and written here.
public enum GGUFTensorType: UInt32, Sendable, CaseIterable {
  /// Numbers of 32 bits.
  case f32 = 0
  /// Numbers of 16 bits.
  case f16 = 1
  /// Blocks of 32 values, each a whole number from -8 to 7 times the block's scale in f16.
  case q4_0 = 2
  /// Blocks of 32 values, each a whole number from -127 to 127 times the block's scale in f16.
  case q8_0 = 8
  /// Numbers of 16 bits with the range of f32.
  case bf16 = 30

  /// The number of values that share a scale, of which a row is a multiple.
  public var blockSize: Int { isQuantized ? 32 : 1 }

  /// The bytes of a block.
  var blockByteCount: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4_0: 18
    case .q8_0: 34
    }
  }

  /// Whether values are rounded to whole numbers times a scale.
  public var isQuantized: Bool { self == .q4_0 || self == .q8_0 }

  /// The blocks of a quantised type; nil for numbers.
  public var blocks: QuantisedBlocks? {
    isQuantized
      ? QuantisedBlocks(name: name, valueCount: blockSize, byteCount: blockByteCount) : nil
  }

  /// The type in which values are computed with: that of the file, or f32 where it is quantised.
  public var dtype: DType {
    switch self {
    case .f16: .float16
    case .bf16: .bfloat16
    case .f32, .q4_0, .q8_0: .float32
    }
  }

  /// The name that ggml has for the type.
  public var name: String {
    switch self {
    case .f32: "f32"
    case .f16: "f16"
    case .bf16: "bf16"
    case .q4_0: "q4_0"
    case .q8_0: "q8_0"
    }
  }

  /// The bytes of a tensor.
  ///
  /// - Parameter shape: Its shape, the length of a row last.
  /// - Returns: The bytes; nil where rows are no whole blocks, or the number is too large.
  func byteCount(of shape: [Int]) -> Int? {
    guard let row = shape.last, row % blockSize == 0 else { return nil }
    var count = blockByteCount
    for size in shape.dropLast() + [row / blockSize] {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, size >= 0 else { return nil }
      count = product
    }
    return count
  }

  /// The name that ggml has for a type that may not be read here.
  static func name(of code: UInt32) -> String {
    if let known = GGUFTensorType(rawValue: code) { return known.name }
    let others: [UInt32: String] = [
      3: "q4_1", 6: "q5_0", 7: "q5_1", 9: "q8_1", 10: "q2_K", 11: "q3_K", 12: "q4_K", 13: "q5_K",
      14: "q6_K", 15: "q8_K", 16: "iq2_xxs", 17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl",
      21: "iq3_s", 22: "iq2_s", 23: "iq4_xs", 24: "i8", 25: "i16", 26: "i32", 27: "i64", 28: "f64",
      29: "iq1_m", 34: "tq1_0", 35: "tq2_0", 39: "mxfp4",
    ]
    return others[code] ?? "number \(code)"
  }
}
