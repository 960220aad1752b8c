/// The parts of a model that are switched off in the forward pass, without changing a weight.
///
/// A gated model and the model with the same parts removed give the same logits. Blocks, heads and
/// channels are named by their numbers in the model as it was opened.
public struct Gates: Sendable, Equatable {
  /// The blocks that pass their input on unchanged.
  public var closedBlocks: Set<Int>
  /// The blocks whose attention adds nothing to the hidden states.
  public var closedAttentions: Set<Int> = []
  /// The blocks whose MLP adds nothing to the hidden states.
  public var closedMLPs: Set<Int> = []
  /// The query heads, by block, that give zeros to the output projection.
  ///
  /// A KV head is unused when all query heads of its group are closed.
  public private(set) var closedHeads: [Int: NumberSet] = [:]
  /// The channels of the MLP, by block, that give zeros to the down projection.
  public private(set) var closedChannels: [Int: NumberSet] = [:]

  /// Gates with these blocks closed, everything else open.
  public init(closedBlocks: Set<Int> = []) {
    self.closedBlocks = closedBlocks
  }

  /// Closes query heads of a block, in addition to those already closed.
  public mutating func close(heads: some Sequence<Int>, ofBlock block: Int) {
    var closed = closedHeads[block] ?? []
    closed.formUnion(heads)
    closedHeads[block] = closed.isEmpty ? nil : closed
  }

  /// Closes channels of a block's MLP, in addition to those already closed.
  public mutating func close(channels: some Sequence<Int>, ofBlock block: Int) {
    var closed = closedChannels[block] ?? []
    closed.formUnion(channels)
    closedChannels[block] = closed.isEmpty ? nil : closed
  }

  /// These gates with everything closed as well that others close.
  public func closing(_ others: Gates) -> Gates {
    var gates = self
    gates.closedBlocks.formUnion(others.closedBlocks)
    gates.closedAttentions.formUnion(others.closedAttentions)
    gates.closedMLPs.formUnion(others.closedMLPs)
    for (block, heads) in others.closedHeads { gates.close(heads: heads, ofBlock: block) }
    for (block, channels) in others.closedChannels {
      gates.close(channels: channels, ofBlock: block)
    }
    return gates
  }

  /// Opens everything that other gates close.
  mutating func open(_ others: Gates) {
    closedBlocks.subtract(others.closedBlocks)
    closedAttentions.subtract(others.closedAttentions.union(others.closedBlocks))
    closedMLPs.subtract(others.closedMLPs.union(others.closedBlocks))
    for block in others.closedBlocks.union(others.closedAttentions) { closedHeads[block] = nil }
    for block in others.closedBlocks.union(others.closedMLPs) { closedChannels[block] = nil }
    for (block, heads) in others.closedHeads {
      let rest = closedHeads[block]?.subtracting(heads) ?? []
      closedHeads[block] = rest.isEmpty ? nil : rest
    }
    for (block, channels) in others.closedChannels {
      let rest = closedChannels[block]?.subtracting(channels) ?? []
      closedChannels[block] = rest.isEmpty ? nil : rest
    }
  }

  /// Whether a block works differently under these gates than under others.
  public func differs(from other: Gates, at block: Int) -> Bool {
    closedBlocks.contains(block) != other.closedBlocks.contains(block)
      || closedAttentions.contains(block) != other.closedAttentions.contains(block)
      || closedMLPs.contains(block) != other.closedMLPs.contains(block)
      || closedHeads[block] != other.closedHeads[block]
      || closedChannels[block] != other.closedChannels[block]
  }
}
