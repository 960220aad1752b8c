#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

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
  /// Over which channels queries and keys are normalised before they are rotated; nil where they are
  /// not.
  public var queryKeyNorm: QueryKeyNorm?
  /// Whether the hidden states are normalised before they are projected.
  public var hasInputNorm = true
  /// Whether the result is normalised before it is added to the hidden states (Gemma 2, OLMo 2).
  public var hasOutputNorm = false
  /// The sliding window: how many tokens a token sees, itself included; nil for all before it.
  public var window: Int?
  /// The rotary position embedding of queries and keys; nil for none (NoPE, Kazemnejad et al., 2023,
  /// arXiv 2305.19466).
  public var rotary: RotaryDescription?
  /// How queries grow with their positions; nil where they do not.
  public var queryScaling: QueryScaling?
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
    rotary: RotaryDescription? = RotaryDescription(base: 10_000)
  ) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headSize = headSize
    self.hasInputBias = hasInputBias
    self.hasOutputBias = hasOutputBias
    self.rotary = rotary
  }

  /// Why no head can be removed without changing what the others give; nil where each can.
  public var whyHeadsStay: String? {
    guard queryKeyNorm == .allHeads else { return nil }
    return "queries and keys are normalised over all heads together, so without some of them the "
      + "others would give something else; remove blocks, attentions, MLPs or channels of MLPs"
  }

  /// The numbers that are kept for each token of a text: its keys, and as many of its values.
  public var keysPerToken: Int { keyValueHeads * headSize }

  /// Whether both treat positions alike, so that they can share `AttentionTables`.
  public func attendsLike(_ other: AttentionShape) -> Bool {
    headSize == other.headSize && window == other.window && rotary == other.rotary
      && queryScaling == other.queryScaling && (softCap == nil) == (other.softCap == nil)
  }
}

/// The channels over which queries and keys are normalised.
public enum QueryKeyNorm: Sendable, Hashable {
  /// The channels of each head, with one scale for all heads (Qwen 3).
  case eachHead
  /// The channels of all heads together (OLMo 2), so that no head is independent of the others.
  case allHeads
}

/// A factor of queries that grows with the logarithm of their positions:
/// `1 + strength · log(1 + floor(position / length))`.
///
/// Source: the attention of Llama 4 and Ministral 3 in transformers, after Nakanishi,
/// Scalable-Softmax, 2025, arXiv 2501.19399.
public struct QueryScaling: Sendable, Hashable {
  /// How fast the factor grows; zero for no growth.
  public var strength: Double
  /// The number of tokens after which it grows for the first time.
  public var length: Int

  /// Describes how queries grow.
  public init(strength: Double, length: Int) {
    self.strength = strength
    self.length = length
  }

  /// The factor at a position, computed in f32 like all that depends on positions.
  func factor(at position: Int) -> Float {
    let periods = (Float(max(0, position)) / Float(length)).rounded(.down)
    return 1 + Float(strength) * logf(1 + periods)
  }
}
