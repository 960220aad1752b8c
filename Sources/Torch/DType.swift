import CTorch

/// The type of a tensor's elements.
public enum DType: String, Sendable, CaseIterable {
  /// Numbers of so many bits, whole numbers with a sign or without, and truth values.
  case float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool

  /// The bytes that one element takes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether the type holds fractions, and so can carry weights and gradients.
  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: true
    default: false
    }
  }

  var code: ct_dtype {
    switch self {
    case .float32: CT_FLOAT32
    case .float64: CT_FLOAT64
    case .float16: CT_FLOAT16
    case .bfloat16: CT_BFLOAT16
    case .int64: CT_INT64
    case .int32: CT_INT32
    case .int16: CT_INT16
    case .int8: CT_INT8
    case .uint8: CT_UINT8
    case .bool: CT_BOOL
    }
  }

  init?(code: ct_dtype) {
    guard let dtype = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = dtype
  }
}
