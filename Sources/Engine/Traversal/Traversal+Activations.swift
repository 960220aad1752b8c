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
    try activations(tokens, checkpoint: nil, visit: visit, leave: leave)
  }

  /// The same, from where an earlier pass was stopped; what that one showed is not shown again.
  package func activations(
    _ tokens: TokenSet,
    checkpoint: PassCheckpoint?,
    visit: (BlockStep, BlockActivations) throws -> Void,
    leave: (BlockStep) throws -> Void
  ) throws {
    var sequences = Sequences(tokens, context)
    let way = try TraversalMemory(model, context).forwardWay(tokens, candidates: 0)
    let waiting = WaitingStates(context, onDisk: way.statesWaitOnDisk)
    var states = try sequences.embedded(by: self, keptBy: waiting)
    var place = PassCheckpoint.Place()
    let known = checkpoint?.resume(of: model.blocks.count) { place, tensors in
      place.blocks == model.blocks.count
        || place.pieces <= states.count && states.likes(named: "states", in: tensors) != nil
    }
    if let known {
      states = try states.likes(named: "states", in: known.states)?.map(waiting.kept) ?? []
      place = known.place
    }
    let start = place
    var isBetweenPieces = true
    do {
      try eachBlock(of: Array(model.blocks[place.blocks...]), parts: sequences.parts) { step in
        let next = PassCheckpoint.Place(blocks: place.blocks + 1)
        guard !model.gates.closedBlocks.contains(step.number) else { return place = next }
        while place.pieces < states.count {
          let index = place.pieces
          var inputs: [WeightRole: Tensor] = [:]
          let entering = states[index]
          var between = entering
          let leaving = try sequences.run(step, entering, by: decoder) { site, tensor in
            switch site {
            case .input(let role): inputs[role] = tensor
            case .behindAttention: between = tensor
            }
          }
          let kept = try waiting.kept(leaving)
          try visit(
            step,
            BlockActivations(entering: entering, between: between, leaving: leaving, inputs: inputs)
          )
          states[index] = kept
          place.pieces += 1
          try checkpoint?.reached(place) { states.named("states") }
        }
        isBetweenPieces = false
        try leave(step)
        place = next
        isBetweenPieces = true
      }
      if checkpoint?.isFollowed == true, place != start { try checkpoint?.write(place, [:]) }
    } catch let error as Cancelled {
      if isBetweenPieces, place != start { try checkpoint?.write(place, states.named("states")) }
      throw error
    }
  }
}
