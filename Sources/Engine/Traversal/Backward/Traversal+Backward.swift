import BillhookFiles
public import BillhookModels
import BillhookTorch

extension Traversal {
  /// Computes the gradients of the mean token loss, and shows them block by block from the last to
  /// the first.
  ///
  /// Where memory allows, one forward pass keeps everything that gradients need. Otherwise it keeps
  /// the input of each block, on disk where even that is too much, and the backward pass computes
  /// each block again. Either way a block's gradients are shown and dropped before those of the
  /// next block are computed.
  ///
  /// - Parameters:
  ///   - tokens: The calibration set.
  ///   - kinds: The kinds of weights that gradients are wanted for.
  ///   - onePerBatch: Whether each sample is a batch of its own.
  ///   - visit: Called with the gradients that each batch gives in a block, one weight at a time.
  ///   - leave: Called after the last batch of a block.
  /// - Throws: What the visitors throw, and `Cancelled`.
  public func backward(
    _ tokens: TokenSet,
    kinds: Set<WeightRole.Kind>,
    onePerBatch: Bool,
    visit: (BlockStep, BlockGradients) throws -> Void,
    leave: (BlockStep) throws -> Void
  ) throws {
    try backward(
      tokens,
      kinds: kinds,
      onePerBatch: onePerBatch,
      checkpoint: nil,
      visit: visit,
      leave: leave
    )
  }

  /// The same, resumed from where an earlier pass was stopped; what that pass showed is not shown
  /// again.
  ///
  /// The forward pass is done again, up to the last block that is left for the backward pass. Where
  /// processes share the work and it `isDealt`, each is shown the gradients of its own batches.
  package func backward(
    _ tokens: TokenSet,
    kinds: Set<WeightRole.Kind>,
    onePerBatch: Bool,
    checkpoint: PassCheckpoint?,
    isDealt: Bool = false,
    visit: (BlockStep, BlockGradients) throws -> Void,
    leave: (BlockStep) throws -> Void
  ) throws {
    var sequences =
      isDealt
      ? Sequences(dealt: tokens, context, onePerBatch: onePerBatch)
      : Sequences(tokens, context, onePerBatch: onePerBatch)
    let batches = sequences.batches
    let strategy = try TraversalMemory(model, context).backwardStrategy(
      tokens,
      onePerBatch: onePerBatch
    )
    let waiting = WaitingStates(context, onDisk: strategy.statesWaitOnDisk)
    let states = try sequences.embedded(by: self, keptBy: waiting)
    try backward(
      &sequences,
      from: states,
      keeping: strategy.keeping,
      waiting: waiting,
      blocks: model.blocks[...],
      reachesInput: false,
      checkpoint: checkpoint,
      track: { step, _ in
        let weights = try step.weights.tracked(kinds)
        return TrackedWeights(
          weights: weights,
          leaves: try step.roles(of: kinds).map(weights.require)
        )
      },
      upstream: { states, between in
        let head = try LossHead(of: self)
        defer { model.advise(model.configuration.exitRoles, .notForNow) }
        return try zip(states, batches).map {
          try waiting.kept(head.gradients($0, $1, between: between).states)
        }
      },
      visit: { step, index, found in
        let batch = batches[index]
        for (role, gradient) in zip(step.roles(of: kinds), found) {
          let mean = try gradient.to(.float32)
          try mean.multiply(by: 1 / Double(batch.targetCount))
          try visit(
            step,
            BlockGradients(
              gradients: LentWeights(block: step.number, [role: mean]),
              tokenShare: Double(batch.targetCount) / Double(tokens.targetCount),
              sampleShare: Double(batch.windows.count) / Double(tokens.windows.count)
            )
          )
        }
      },
      leave: leave
    )
  }

  /// One forward and one backward pass, with the gradients of all tracked tensors.
  ///
  /// - Parameters:
  ///   - sequences: The batches.
  ///   - embedded: The hidden states before the first block, batch by batch.
  ///   - keeping: What is kept of a block for the backward pass.
  ///   - waiting: Where hidden states are kept meanwhile; nil for memory.
  ///   - blocks: The blocks that gradients are wanted for, the last ones of the model.
  ///   - reachesInput: Whether the gradient with respect to the input of these blocks is wanted.
  ///   - checkpoint: The checkpoint of the backward pass; nil for none.
  ///   - track: Gives a block's weights for one batch, with the leaf tensors that gradients are
  ///     wanted for; the same on every call.
  ///   - upstream: Gives the gradients with respect to the hidden states after the last block;
  ///     calls `between` between two pieces of its work.
  ///   - output: Called in the backward pass with the hidden states after a block, and returns what
  ///     has to be added to their gradient; nil for nothing. Of a block before those of `blocks` it is
  ///     called in the forward pass, and what it returns is not used.
  ///   - visit: Called with the gradients of a block's leaf tensors for one batch.
  ///   - leave: Called after the last batch of a block.
  /// - Returns: The gradients with respect to the input of the blocks, batch by batch.
  /// - Throws: What the visitors throw, and `Cancelled`.
  @discardableResult
  func backward(
    _ sequences: inout Sequences,
    from embedded: [Tensor],
    keeping: KeptOfBlocks,
    waiting: WaitingStates? = nil,
    blocks: ArraySlice<BlockShape>,
    reachesInput: Bool,
    checkpoint: PassCheckpoint? = nil,
    track: BackwardPass.Track,
    upstream: BackwardPass.Upstream,
    output: BackwardPass.Output = { _, _, _ in nil },
    visit: BackwardPass.Visit,
    leave: (BlockStep) throws -> Void = { _ in }
  ) throws -> [Tensor] {
    var pass = BackwardPass(
      self,
      sequences,
      from: embedded,
      keeping: keeping,
      waiting: waiting,
      blocks: blocks,
      reachesInput: reachesInput,
      checkpoint: checkpoint
    )
    defer { sequences = pass.sequences }
    try pass.goForward(track: track, output: output)
    try pass.turn(upstream: upstream)
    try pass.goBack(track: track, output: output, visit: visit, leave: leave)
    return pass.gradients
  }
}

extension BlockStep {
  /// The roles of some kinds whose weights take part: those of a sub-layer that is switched off do
  /// not.
  fileprivate func roles(of kinds: Set<WeightRole.Kind>) -> [WeightRole] {
    weights.roles.filter { role in
      kinds.contains(role.kind) && !(role.isOfAttention ? closed.attention : closed.mlp)
    }
  }
}
