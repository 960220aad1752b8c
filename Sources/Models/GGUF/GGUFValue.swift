/// A typed value of the metadata of a GGUF file.
///
/// Source: the GGUF specification of ggml, `docs/gguf.md`, version 3.
enum GGUFValue: Sendable, Equatable {
  case integer(Int, Kind)
  case real(Double, Kind)
  case bool(Bool)
  case string(String)
  case integers([Int], Kind)
  case reals([Double], Kind)
  case bools([Bool])
  case strings([String])

  /// The type of a value, or of the elements of an array, as files number them.
  enum Kind: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
    case float64

    /// The bytes of one value; nil where that depends on the value.
    var byteCount: Int? {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      case .string, .array: nil
      }
    }
  }

  static func uint32(_ value: Int) -> GGUFValue { .integer(value, .uint32) }

  static func int32s(_ values: [Int]) -> GGUFValue { .integers(values, .int32) }

  static func float32(_ value: Double) -> GGUFValue { .real(Self.shortest(value), .float32) }

  static func float32s(_ values: [Double]) -> GGUFValue {
    .reals(values.map(Self.shortest), .float32)
  }

  /// The shortest decimal that rounds to the same f32: what was meant by a number such as 1e-5,
  /// which f32 cannot hold.
  static func shortest(_ value: Double) -> Double { Double("\(Float(value))") ?? value }
}

extension GGUFValue {
  /// A whole number of at least 0.
  var count: Int? {
    if case .integer(let value, _) = self, value >= 0 { value } else { nil }
  }

  /// A finite number.
  var number: Double? {
    switch self {
    case .real(let value, _) where value.isFinite: value
    case .integer(let value, _): Double(value)
    default: nil
    }
  }

  var text: String? { if case .string(let text) = self { text } else { nil } }

  var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  var texts: [String]? { if case .strings(let texts) = self { texts } else { nil } }

  /// Numbers, whole or not.
  var numbers: [Double]? {
    switch self {
    case .reals(let values, _) where values.allSatisfy(\.isFinite): values
    case .integers(let values, _): values.map(Double.init)
    default: nil
    }
  }

  /// Whole numbers of at least 0.
  var counts: [Int]? {
    if case .integers(let values, _) = self, values.allSatisfy({ $0 >= 0 }) { values } else { nil }
  }

  /// A list of flags, which some programs write as numbers.
  var flags: [Bool]? {
    switch self {
    case .bools(let flags): flags
    case .integers(let values, _): values.map { $0 != 0 }
    default: nil
    }
  }

  /// The value in a message, cut short.
  var shown: String {
    func list<Element>(_ values: [Element]) -> String {
      "[" + values.prefix(4).map { "\($0)" }.joined(separator: ", ")
        + (values.count > 4 ? ", … \(values.count) in all]" : "]")
    }
    return switch self {
    case .integer(let value, _): "\(value)"
    case .real(let value, _): "\(value)"
    case .bool(let flag): "\(flag)"
    case .string(let text): "\"\(text.prefix(60))\""
    case .integers(let values, _): list(values)
    case .reals(let values, _): list(values)
    case .bools(let values): list(values)
    case .strings(let values): list(values)
    }
  }
}
