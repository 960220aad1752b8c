/// What is switched off in the forward pass, without changing a weight.
///
/// A gated model and the model with the same parts cut out give the same logits.
public struct Gates: Sendable, Equatable {
  /// The blocks, by their number in the model as it was opened, that pass their input on unchanged.
  public var closedBlocks: Set<Int>

  /// Gates with these blocks closed, everything else open.
  public init(closedBlocks: Set<Int> = []) {
    self.closedBlocks = closedBlocks
  }

  /// Whether a block works differently under these gates than under others.
  public func differs(from other: Gates, at block: Int) -> Bool {
    closedBlocks.contains(block) != other.closedBlocks.contains(block)
  }
}
