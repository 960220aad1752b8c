import BillhookTorch

extension DType {
  /// The format's name for the type.
  var safetensors: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  init?(safetensors code: String) {
    guard let dtype = Self.allCases.first(where: { $0.safetensors == code }) else { return nil }
    self = dtype
  }
}
