/// A place inside a block where somebody can look at what runs through it.
public enum DecoderSite: Sendable, Hashable {
  /// What enters a projection, `[batch, tokens, channels]`. Projections of the same input are seen
  /// once: `query` stands for query, key and value, `gate` for gate and up.
  case input(WeightRole)
  /// The hidden states between attention and MLP, `[batch, tokens, hidden]`.
  case behindAttention
}
