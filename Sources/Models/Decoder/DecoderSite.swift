/// A place inside a block where somebody can look at what runs through it.
public enum DecoderSite: Sendable, Hashable {
  /// What enters a projection, `[batch, tokens, channels]`. Projections of the same input are seen
  /// once, as the first of them (`WeightRole.input`).
  case input(WeightRole)
  /// The hidden states between attention and MLP, `[batch, tokens, hidden]`.
  case behindAttention

  /// All of them, in the order in which a block comes to them.
  static let inOrder: [DecoderSite] = [
    .input(.query), .input(.output), .behindAttention, .input(.gate), .input(.down),
  ]
}

extension WeightRole {
  /// The projection that stands for all with the same input: `query` for query, key and value, `gate`
  /// for gate and up, any other role for itself.
  public var input: WeightRole {
    switch self {
    case .query, .key, .value: .query
    case .gate, .up: .gate
    default: self
    }
  }
}
