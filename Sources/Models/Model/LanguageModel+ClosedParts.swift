import BillhookTorch

extension LanguageModel {
  /// The model with more switched off.
  package func closing(_ gates: Gates) -> LanguageModel {
    var model = self
    model.gates = model.gates.closing(gates)
    return model
  }

  /// The parts of a block that gates switch off, by indices into the block as it is now.
  public func closedParts(of block: BlockShape, by gates: Gates) -> ClosedParts {
    var closed = ClosedParts()
    let number = block.sourceIndex
    closed.attention = gates.closedAttentions.contains(number)
    closed.mlp = gates.closedMLPs.contains(number)
    if let heads = gates.closedHeads[number] {
      closed.heads = remainders[number]?.queryHeads?.indices(of: heads) ?? heads
    }
    if let channels = gates.closedChannels[number] {
      closed.channels = remainders[number]?.channels?.indices(of: channels) ?? channels
    }
    return closed
  }
}

extension [Int] {
  /// The indices of the elements that are in a set.
  fileprivate func indices(of numbers: NumberSet) -> NumberSet {
    NumberSet(indices.lazy.filter { numbers.contains(self[$0]) })
  }
}
