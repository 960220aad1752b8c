import BillhookFiles
public import BillhookModels
public import BillhookTorch

extension Traversal {
  /// Lets a visitor change each block before the next block sees what comes out of it.
  ///
  /// Changed weights are written to the scratch folder as soon as the block is done, so that no
  /// more than one block is in memory.
  ///
  /// - Parameters:
  ///   - tokens: The calibration set.
  ///   - visit: Sees a block with what enters it from the changed blocks before, batch by batch,
  ///     and says what is changed.
  /// - Returns: The model with all changes.
  /// - Throws: What the visitor throws, and `Cancelled`.
  public func sequential(
    _ tokens: TokenSet,
    visit: (BlockStep, [Tensor]) throws -> BlockChange
  ) throws -> LanguageModel {
    var sequences = Sequences(tokens, context)
    let way = try TraversalMemory(model, context).forwardWay(tokens, candidates: 0)
    let waiting = WaitingStates(context, onDisk: way.statesWaitOnDisk)
    var states = try sequences.embedded(by: self, keptBy: waiting)
    var changed = model
    try eachBlock(parts: sequences.parts) { step in
      let change = try visit(step, states)
      if change.closesBlock { changed.gates.closedBlocks.insert(step.number) }
      var weights = step.weights
      if !change.weights.isEmpty {
        let new = change.weights.map { (WeightID($0, block: step.number), $1) }
        changed = try changed.editing(
          Dictionary(uniqueKeysWithValues: new),
          at: FileSystem.unusedPath(
            "\(context.scratch)/block-\(step.number)",
            extension: "safetensors"
          )
        )
        weights = try changed.lend(step.shape, dtype: context.dtype, device: context.device)
      }
      guard !changed.gates.closedBlocks.contains(step.number) else { return }
      for index in states.indices {
        let leaving = try sequences.run(step, states[index], by: decoder, weights: weights)
        states[index] = try waiting.kept(leaving)
      }
    }
    return changed
  }
}

/// What a visitor changes in a block.
public struct BlockChange {
  /// New values for some of its weights, in their shapes.
  public var weights: [WeightRole: Tensor]
  /// Whether the block is switched off.
  public var closesBlock: Bool

  /// No change, unless said otherwise.
  public init(weights: [WeightRole: Tensor] = [:], closesBlock: Bool = false) {
    self.weights = weights
    self.closesBlock = closesBlock
  }
}
