/// The sizes of one block, which may differ from those of its neighbours.
public struct BlockShape: Sendable, Equatable {
  /// The block's number in the model as it was opened; it stays when others are removed.
  public let sourceIndex: Int
  /// The attention sub-layer; nil when it was removed.
  public var attention: AttentionShape?
  /// The MLP sub-layer; nil when it was removed.
  public var mlp: MLPShape?

  /// Describes a block.
  public init(sourceIndex: Int, attention: AttentionShape?, mlp: MLPShape?) {
    self.sourceIndex = sourceIndex
    self.attention = attention
    self.mlp = mlp
  }
}

/// The sizes of an attention sub-layer.
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

  /// Describes an attention sub-layer.
  public init(
    queryHeads: Int,
    keyValueHeads: Int,
    headSize: Int,
    hasInputBias: Bool = false,
    hasOutputBias: Bool = false
  ) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headSize = headSize
    self.hasInputBias = hasInputBias
    self.hasOutputBias = hasOutputBias
  }
}

/// The sizes of an MLP sub-layer.
public struct MLPShape: Sendable, Equatable {
  /// The number of channels between the up and the down projection.
  public var width: Int
  /// Whether its projections add biases.
  public var hasBias: Bool

  /// Describes an MLP sub-layer.
  public init(width: Int, hasBias: Bool = false) {
    self.width = width
    self.hasBias = hasBias
  }
}
