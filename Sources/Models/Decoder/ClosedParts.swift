import BillhookTorch

/// What is switched off in one block, by indices into the block as it is now.
public struct ClosedParts: Sendable, Hashable {
  /// Whether the attention adds nothing.
  public var attention = false
  /// Whether the MLP adds nothing.
  public var mlp = false
  /// The query heads that give zeros.
  public var heads: NumberSet = []
  /// The channels of the MLP that give zeros.
  public var channels: NumberSet = []

  /// Nothing is switched off.
  public init() {}

  /// Zeros for the closed heads and ones for the others, `[query heads, 1]`; nil where none is
  /// closed.
  func mask(ofHeads shape: AttentionShape, like states: Tensor) throws(TorchError) -> Tensor? {
    try Self.mask(heads, of: shape.queryHeads, like: states)?.unsqueezed(1)
  }

  /// Zeros for the closed channels and ones for the others, `[channels]`; nil where none is closed.
  func mask(ofChannels shape: MLPShape, like states: Tensor) throws(TorchError) -> Tensor? {
    try Self.mask(channels, of: shape.width, like: states)
  }

  private static func mask(
    _ closed: NumberSet,
    of count: Int,
    like states: Tensor
  ) throws(TorchError) -> Tensor? {
    guard !closed.isEmpty else { return nil }
    var open = [Float](repeating: 1, count: count)
    for place in closed where open.indices.contains(place) { open[place] = 0 }
    return try Tensor(open).to(states.dtype, device: states.device)
  }
}
