public import BillhookModels
import BillhookTorch

extension Traversal {
  /// Hands out the gradients of the mean token loss, block by block from the last to the first.
  ///
  /// One pass forward keeps what enters each block; on the way back each block is computed again
  /// from it, its gradients are shown, and dropped. Memory: the hidden states of the tokens once
  /// for each block, and one block's weights and gradients.
  ///
  /// - Parameters:
  ///   - tokens: The calibration set.
  ///   - kinds: The kinds of weights that gradients are wanted for.
  ///   - onePerBatch: Whether each sample is a batch of its own.
  ///   - visit: Sees the gradients that each batch gave in a block.
  ///   - leave: Called behind the last batch of a block.
  /// - Throws: What the visitors throw, and `Cancelled`.
  public func backward(
    _ tokens: TokenSet,
    kinds: Set<WeightRole.Kind>,
    onePerBatch: Bool,
    visit: (BlockStep, BlockGradients) throws -> Void,
    leave: (BlockStep) throws -> Void
  ) throws {
    var sequences = Sequences(tokens, onePerBatch: onePerBatch)
    var states = try sequences.embedded(by: self)
    var inputs: [Int: [Tensor]] = [:]
    try Traversal(model, context.part(0, of: 2)).eachBlock { step in
      inputs[step.number] = states
      guard !model.gates.closedBlocks.contains(step.number) else { return }
      states = try states.map { try sequences.run(step, $0, by: decoder) }
    }
    let head = try LossHead(of: self)
    var upstream = try zip(states, sequences.batches).map { try head.gradient($0, $1) }
    states = []

    try Traversal(model, context.part(1, of: 2)).eachBlock(reversed: true) { step in
      let entering = inputs.removeValue(forKey: step.number) ?? []
      guard !model.gates.closedBlocks.contains(step.number) else { return }
      for (index, batch) in sequences.batches.enumerated() {
        let input = try entering[index].tracked()
        let weights = try step.weights.tracked(kinds)
        let roles = weights.roles.filter { role in
          kinds.contains(role.kind)
            && !(role.isOfAttention ? step.closed.attention : step.closed.mlp)
        }
        let output = try withGradients {
          try sequences.run(step, input, by: decoder, weights: weights)
        }
        var found = try output.gradients(
          of: [input] + roles.map(weights.require),
          upstream: upstream[index]
        )
        upstream[index] = found.removeFirst()
        found = try found.map { try $0.to(.float32) * (1 / Double(batch.targetCount)) }
        let gradients = LentWeights(
          block: step.number,
          Dictionary(uniqueKeysWithValues: zip(roles, found))
        )
        try visit(
          step,
          BlockGradients(
            gradients: gradients,
            tokenShare: Double(batch.targetCount) / Double(tokens.targetCount),
            sampleShare: Double(batch.windows.count) / Double(tokens.windows.count)
          )
        )
      }
      try leave(step)
    }
  }
}
