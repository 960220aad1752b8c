import BillhookModels
import BillhookTorch

extension Traversal {
  /// Hands out what runs through each block, batch by batch, first block to last.
  ///
  /// Memory: the hidden states of the tokens, and what one batch is inside one block.
  ///
  /// - Parameters:
  ///   - tokens: The calibration set.
  ///   - visit: Sees one batch inside a block; a block whose gate is closed shows none.
  ///   - leave: Called behind the last batch of a block.
  /// - Throws: What the visitors throw, and `Cancelled`.
  public func activations(
    _ tokens: TokenSet,
    visit: (BlockStep, BlockActivations) throws -> Void,
    leave: (BlockStep) throws -> Void
  ) throws {
    var sequences = Sequences(tokens, context)
    let way = try TraversalMemory(model, context).forwardWay(tokens, candidates: 0)
    let waiting = WaitingStates(context, onDisk: way.statesWaitOnDisk)
    var states = try sequences.embedded(by: self, keptBy: waiting)
    try eachBlock(parts: sequences.parts) { step in
      guard !model.gates.closedBlocks.contains(step.number) else { return }
      for index in states.indices {
        var inputs: [WeightRole: Tensor] = [:]
        let entering = states[index]
        var between = entering
        let leaving = try sequences.run(step, entering, by: decoder) { site, tensor in
          switch site {
          case .input(let role): inputs[role] = tensor
          case .behindAttention: between = tensor
          }
        }
        states[index] = try waiting.kept(leaving)
        try visit(
          step,
          BlockActivations(entering: entering, between: between, leaving: leaving, inputs: inputs)
        )
      }
      try leave(step)
    }
  }
}
