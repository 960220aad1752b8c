/// A point inside a block at which tensors can be observed.
public enum DecoderSite: Sendable, Hashable {
  /// The input of a projection, `[batch, tokens, channels]`. Projections that share an input are
  /// observed once, as the first of them (`WeightRole.input`).
  case input(WeightRole)
  /// What a sub-layer adds to the hidden states, `[batch, tokens, hidden]`: `output` for attention,
  /// `down` for the MLP.
  case added(WeightRole)
  /// The hidden states between attention and MLP, `[batch, tokens, hidden]`.
  case afterAttention

  /// All sites, in the order in which a block reaches them.
  static let inOrder: [DecoderSite] = [
    .input(.query), .input(.output), .added(.output), .afterAttention, .input(.gate),
    .input(.down), .added(.down),
  ]
}

extension WeightRole {
  /// The projection that represents all with the same input: `query` for query, key and value,
  /// `gate` for gate and up, any other role for itself.
  public var input: WeightRole {
    switch self {
    case .query, .key, .value: .query
    case .gate, .up: .gate
    default: self
    }
  }
}
