/// The sizes of an attention sub-layer, and how it attends.
public struct AttentionShape: Sendable, Equatable {
  /// The number of query heads, a multiple of the key and value heads.
  public var queryHeads: Int
  /// The number of key and value heads; each serves a group of query heads (GQA).
  public var keyValueHeads: Int
  /// The channels of one head.
  public var headSize: Int
  /// Whether the projections to query, key and value add a bias.
  public var hasInputBias: Bool
  /// Whether the output projection adds a bias.
  public var hasOutputBias: Bool
  /// Whether each head's query and key are normalised before they are turned (Qwen 3).
  public var normalizesHeads = false
  /// Whether the result is normalised before it is added to the hidden states (Gemma 2).
  public var hasOutputNorm = false
  /// The number of tokens, its own included, that a token sees; nil for all before it.
  public var window: Int?
  /// How positions turn queries and keys.
  public var rotary: RotaryDescription
  /// What scores are multiplied by; nil for one over the root of the head size.
  public var scale: Double?
  /// The bound that scores are bent to, as in `cap · tanh(score / cap)`; nil for none.
  public var softCap: Double?

  /// Describes an attention sub-layer.
  public init(
    queryHeads: Int,
    keyValueHeads: Int,
    headSize: Int,
    hasInputBias: Bool = false,
    hasOutputBias: Bool = false,
    rotary: RotaryDescription = RotaryDescription(base: 10_000)
  ) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headSize = headSize
    self.hasInputBias = hasInputBias
    self.hasOutputBias = hasOutputBias
    self.rotary = rotary
  }

  /// Whether positions mean the same to both, so that they can share `AttentionTables`.
  public func attendsLike(_ other: AttentionShape) -> Bool {
    headSize == other.headSize && window == other.window && rotary == other.rotary
      && (softCap == nil) == (other.softCap == nil)
  }
}
