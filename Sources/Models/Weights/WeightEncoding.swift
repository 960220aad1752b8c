public import BillhookTorch

/// How the numbers of a weight are stored, which says how many bytes they take.
public enum WeightEncoding: Sendable, Hashable {
  /// Number by number, in a type of floating-point numbers.
  case numbers(DType)
  /// In codes of a few bits, with the scales and zeros of groups.
  case codes(QuantisationScheme)
  /// In the blocks of a quantised tensor of a GGUF file.
  case blocks(QuantisedBlocks)

  /// The bytes of a whole weight, with the scales that belong to it.
  ///
  /// - Parameter shape: Its shape, the length of a row last.
  /// - Returns: The bytes. What is left of a weight in blocks may end within a block, of which its numbers
  ///   have their share.
  public func byteCount(of shape: [Int]) -> Int {
    switch self {
    case .numbers(let dtype): shape.reduce(dtype.byteCount, *)
    case .codes(let scheme): scheme.byteCount(of: shape)
    case .blocks(let blocks): Self.shares(of: blocks, shape.reduce(1, *), rounded: .up)
    }
  }

  /// The bytes that go with some numbers of a weight: never more than they take.
  ///
  /// - Parameter count: How many numbers go.
  /// - Returns: The bytes, without what the rest of the weight still needs.
  public func byteCount(ofElements count: Int) -> Int {
    switch self {
    case .numbers(let dtype): count * dtype.byteCount
    case .codes(let scheme): count * scheme.bits / 8
    case .blocks(let blocks): Self.shares(of: blocks, count, rounded: .down)
    }
  }

  private static func shares(
    of blocks: QuantisedBlocks,
    _ count: Int,
    rounded rule: FloatingPointRoundingRule
  ) -> Int {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: blocks.valueCount)
    let part = Double(rest * blocks.byteCount) / Double(blocks.valueCount)
    return whole * blocks.byteCount + Int(part.rounded(rule))
  }

  /// The scheme of codes; nil for a weight that has none.
  public var scheme: QuantisationScheme? {
    if case .codes(let scheme) = self { scheme } else { nil }
  }

  /// What a summary of a model calls it.
  package var name: String {
    switch self {
    case .numbers(let dtype): dtype.rawValue
    case .codes(let scheme): "int\(scheme.bits)"
    case .blocks(let blocks): blocks.name
    }
  }
}
