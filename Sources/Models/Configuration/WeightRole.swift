/// The function of a weight in a decoder, whatever a family calls its tensor.
public enum WeightRole: String, Sendable, CaseIterable, Hashable {
  // Once in a model.
  case embedding
  case finalNorm = "final_norm"
  case head
  // Once in a block, in the order in which a block uses them.
  case attentionNorm = "attention_norm"
  case query, key, value
  case queryBias = "query_bias"
  case keyBias = "key_bias"
  case valueBias = "value_bias"
  case queryNorm = "query_norm"
  case keyNorm = "key_norm"
  case output
  case outputBias = "output_bias"
  case attentionOutputNorm = "attention_output_norm"
  case mlpNorm = "mlp_norm"
  case gate, up
  case gateBias = "gate_bias"
  case upBias = "up_bias"
  case down
  case downBias = "down_bias"
  case mlpOutputNorm = "mlp_output_norm"

  /// Whether the weight belongs to the attention of a block.
  public var isOfAttention: Bool {
    switch self {
    case .attentionNorm, .query, .key, .value, .queryBias, .keyBias, .valueBias, .queryNorm,
      .keyNorm, .output, .outputBias, .attentionOutputNorm:
      true
    default: false
    }
  }

  /// A kind of tensor; a criterion chooses the kinds that it considers.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// A table with a row for each token: the embedding or the head.
    case vocabulary
    /// The matrix of a linear layer inside a block: `[out, in]`.
    case projection
    /// The scale of a normalisation: `[channels]`.
    case norm
    /// The bias of a linear layer: `[out]`.
    case bias
  }

  /// The matrices of the linear layers inside a block.
  public static let projections: Set = [query, key, value, output, gate, up, down]

  /// The kind of tensor.
  public var kind: Kind {
    switch self {
    case .embedding, .head: .vocabulary
    case .query, .key, .value, .output, .gate, .up, .down: .projection
    case .finalNorm, .attentionNorm, .queryNorm, .keyNorm, .attentionOutputNorm, .mlpNorm,
      .mlpOutputNorm:
      .norm
    case .queryBias, .keyBias, .valueBias, .outputBias, .gateBias, .upBias, .downBias: .bias
    }
  }
}

/// One weight of a model: a role, and for the weights of a block, the block's number.
public struct WeightID: Sendable, Hashable, CustomStringConvertible {
  /// The function of the weight.
  public let role: WeightRole
  /// The number of the block in the model as it was opened; nil for the model's own weights.
  public let block: Int?

  /// Names a weight.
  public init(_ role: WeightRole, block: Int? = nil) {
    self.role = role
    self.block = block
  }

  /// The weight's name in messages, as in `block 7 query`.
  public var description: String {
    block.map { "block \($0) \(role.rawValue)" } ?? role.rawValue
  }
}
