/// The sizes of an attention sub-layer, and how it attends.
public struct AttentionShape: Sendable, Equatable {
  /// The number of query heads, a multiple of the key and value heads.
  public var queryHeads: Int
  /// The number of key and value heads; each serves a group of query heads (GQA).
  public var keyValueHeads: Int
  /// The number of channels of one head.
  public var headSize: Int
  /// Whether the projections to query, key and value add a bias.
  public var hasInputBias: Bool
  /// Whether the output projection adds a bias.
  public var hasOutputBias: Bool
  /// Whether each head's query and key are normalised before they are rotated (Qwen 3).
  public var normalizesHeads = false
  /// Whether the result is normalised before it is added to the hidden states (Gemma 2).
  public var hasOutputNorm = false
  /// The sliding window: how many tokens a token sees, itself included; nil for all before it.
  public var window: Int?
  /// The rotary position embedding of queries and keys.
  public var rotary: RotaryDescription
  /// What scores are multiplied by; nil for one over the square root of the head size.
  public var scale: Double?
  /// The soft cap of scores, as in `cap · tanh(score / cap)`; nil for none.
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

  /// The numbers that are kept for each token of a text: its keys, and as many of its values.
  public var keysPerToken: Int { keyValueHeads * headSize }

  /// Whether both treat positions alike, so that they can share `AttentionTables`.
  public func attendsLike(_ other: AttentionShape) -> Bool {
    headSize == other.headSize && window == other.window && rotary == other.rotary
      && (softCap == nil) == (other.softCap == nil)
  }
}
