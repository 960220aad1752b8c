/// Blocks of a fixed number of values, with what belongs to them, as quantised tensors of a GGUF file have.
public struct QuantisedBlocks: Sendable, Hashable {
  /// What their type is called.
  public let name: String
  /// The values of a block.
  public let valueCount: Int
  /// The bytes of a block, with its scale.
  public let byteCount: Int

  /// Describes blocks.
  public init(name: String, valueCount: Int, byteCount: Int) {
    self.name = name
    self.valueCount = valueCount
    self.byteCount = byteCount
  }
}
