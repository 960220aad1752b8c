public import BillhookFiles

extension LanguageModel {
  /// The model without everything that gates close: with smaller tensors and fewer blocks, and with
  /// the logits of the gated model.
  ///
  /// A block that has neither attention nor MLP left is removed as a whole.
  ///
  /// - Throws: `FileError` when a part does not exist, when a sub-layer would lose all of its heads
  ///   or channels, or when KV groups would be left with different numbers of query heads.
  public func removing(_ gates: Gates) throws(FileError) -> LanguageModel {
    try checkBlocks(gates)
    var model = self
    var kept: [WeightID: SelectedWeights.Kept] = [:]
    for index in model.configuration.blocks.indices {
      var shape = model.configuration.blocks[index]
      let number = shape.sourceIndex
      guard !gates.closedBlocks.contains(number) else { continue }
      if gates.closedAttentions.contains(number) {
        shape.attention = nil
        model.remainders[number]?.queryHeads = nil
      } else if let heads = gates.closedHeads[number] {
        let cut = try HeadCut(heads, of: shape, self)
        for (id, _) in configuration.weights(of: shape) {
          if let left = cut.kept(of: id.role) { kept[id] = left }
        }
        shape.attention = cut.shape
        model.remainders[number, default: BlockRemainder()].queryHeads = cut.left
      }
      if gates.closedMLPs.contains(number) {
        shape.mlp = nil
        model.remainders[number]?.channels = nil
      } else if let channels = gates.closedChannels[number] {
        let cut = try ChannelCut(channels, of: shape, self)
        for (id, _) in configuration.weights(of: shape) {
          if let left = cut.kept(of: id.role) { kept[id] = left }
        }
        shape.mlp = cut.shape
        model.remainders[number, default: BlockRemainder()].channels = cut.left
      }
      model.configuration.blocks[index] = shape
    }
    model.configuration.blocks.removeAll {
      gates.closedBlocks.contains($0.sourceIndex) || ($0.attention == nil && $0.mlp == nil)
    }
    guard !model.blocks.isEmpty else {
      throw FileError(directory.path, "a model without any block cannot be saved")
    }
    if !kept.isEmpty { model.weights = SelectedWeights(kept, of: weights) }
    model.gates.open(gates)
    return model
  }

  /// The model without some blocks, named by their numbers in the model as it was opened.
  ///
  /// - Throws: `FileError` when a block does not exist, or none would be left.
  public func removingBlocks(_ numbers: Set<Int>) throws(FileError) -> LanguageModel {
    try removing(Gates(closedBlocks: numbers))
  }

  private func checkBlocks(_ gates: Gates) throws(FileError) {
    func check(_ numbers: some Sequence<Int>, _ what: String, _ isThere: (BlockShape) -> Bool)
      throws(FileError)
    {
      let there = Set(blocks.filter(isThere).map(\.sourceIndex))
      let missing = Set(numbers).subtracting(there).sorted()
      guard missing.isEmpty else {
        let list = missing.map(String.init).joined(separator: ", ")
        throw FileError(directory.path, "has no \(what) \(list) that could be removed")
      }
    }
    try check(gates.closedBlocks, "block") { _ in true }
    try check(gates.closedAttentions, "attention in block") { $0.attention != nil }
    try check(gates.closedMLPs, "MLP in block") { $0.mlp != nil }
    try check(gates.closedHeads.keys, "attention in block") { $0.attention != nil }
    try check(gates.closedChannels.keys, "MLP in block") { $0.mlp != nil }
  }
}
