/// The function of a weight in a decoder, whatever a family calls its tensor.
public enum WeightRole: String, Sendable, CaseIterable, Hashable {
  // Once in a model.
  /// The table with a row for each token, by which tokens become hidden states.
  case embedding
  /// The norm before the head.
  case finalNorm = "final_norm"
  /// The matrix that makes logits.
  case head
  // Once in a block, in the order in which a block uses them.
  /// The norm before attention.
  case attentionNorm = "attention_norm"
  /// The projections that attention begins with.
  case query, key, value
  /// The bias of queries.
  case queryBias = "query_bias"
  /// The bias of keys.
  case keyBias = "key_bias"
  /// The bias of values.
  case valueBias = "value_bias"
  /// The norm of queries.
  case queryNorm = "query_norm"
  /// The norm of keys.
  case keyNorm = "key_norm"
  /// The projection that attention ends with.
  case output
  /// Its bias.
  case outputBias = "output_bias"
  /// The norm of what attention adds.
  case attentionOutputNorm = "attention_output_norm"
  /// The norm before the MLP.
  case mlpNorm = "mlp_norm"
  /// The projections that the MLP begins with; not every MLP has a gate.
  case gate, up
  /// The bias of the gate.
  case gateBias = "gate_bias"
  /// The bias of the up projection.
  case upBias = "up_bias"
  /// The projection that the MLP ends with.
  case down
  /// Its bias.
  case downBias = "down_bias"
  /// The norm of what the MLP adds.
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
