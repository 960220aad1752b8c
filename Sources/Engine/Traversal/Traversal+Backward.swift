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
    track: (BlockStep, _ batch: Int) throws -> TrackedWeights,
    upstream: ([Tensor], _ between: BetweenPieces) throws -> [Tensor],
    output: (BlockStep, _ batch: Int, Tensor) throws -> Tensor? = { _, _, _ in nil },
    visit: (BlockStep, _ batch: Int, _ gradients: [Tensor]) throws -> Void,
    leave: (BlockStep) throws -> Void = { _ in }
  ) throws -> [Tensor] {
    let first = blocks.first?.sourceIndex
    var progress = PassCheckpoint.Progress()
    let known = checkpoint?.resume(of: blocks.count) { progress, tensors in
      progress.pieces <= embedded.count && embedded.likes(named: "gradients", in: tensors) != nil
    }
    if let known { progress = known.progress }
    let start = progress
    // How many blocks the backward pass goes through before each.
    let blocksBefore = Dictionary(
      uniqueKeysWithValues: blocks.reversed().enumerated().map { ($1.sourceIndex, $0) }
    )
    // Blocks that were done need no forward pass: the gradient at their input is known.
    let ahead = model.blocks.dropLast(progress.blocks)
    let blocks = blocks.dropLast(progress.blocks)
    func pass(_ step: BlockStep, _ index: Int, _ input: Tensor) throws -> BlockPass {
      let tracksInput = reachesInput || step.number != first
      return try BlockPass(input, tracksInput: tracksInput, track(step, index)) {
        try sequences.run(step, $0, ofBatch: index, by: decoder, weights: $1)
      }
    }
    var states = embedded
    var inputs: [Int: [Tensor]] = [:]
    var recorded: [(step: BlockStep, passes: [BlockPass])] = []
    let wanted = Set(blocks.map(\.sourceIndex))
    let parts = sequences.parts
    // A block's gradients take about twice as long as its forward pass, which may have to be
    // repeated.
    let partsBack = (keeping == .inputs ? 3 : 2) * parts
    let pace = Pace(
      context,
      parts: ahead.count * parts + parts + blocks.count * partsBack
    )
    try eachBlock(of: Array(ahead), parts: parts, exit: parts, in: pace) { step in
      guard !model.gates.closedBlocks.contains(step.number) else { return }
      guard wanted.contains(step.number) else {
        for index in states.indices {
          states[index] = try sequences.run(step, states[index], ofBatch: index, by: decoder)
          _ = try output(step, index, states[index])
        }
        return
      }
      switch keeping {
      case .activations:
        let passes = try states.enumerated().map { try pass(step, $0, $1) }
        recorded.append((step, passes))
        states = try passes.map { try $0.output.detached() }
      case .inputs:
        inputs[step.number] = states
        for index in states.indices {
          let weights = try track(step, index).weights
          let leaving = try sequences.run(
            step,
            states[index],
            ofBatch: index,
            by: decoder,
            weights: weights
          )
          states[index] = try waiting?.kept(leaving) ?? leaving
        }
      }
    }
    var gradients: [Tensor]
    if let known, let kept = embedded.likes(named: "gradients", in: known.states) {
      gradients = try kept.map { try waiting?.kept($0) ?? $0 }
    } else {
      gradients = try pace.doing(parts: parts) { try upstream(states, pace.pause) }
    }
    states = []

    var isBetweenPieces = true
    func begin(_ step: BlockStep) {
      // Closed blocks are skipped.
      let blocks = blocksBefore[step.number] ?? progress.blocks
      if blocks > progress.blocks { progress = PassCheckpoint.Progress(blocks: blocks) }
    }
    func goBack(_ step: BlockStep, _ index: Int, _ pass: BlockPass) throws {
      var gradient = gradients[index]
      if let more = try output(step, index, pass.output.detached()) {
        gradient = try gradient + more
      }
      let found = try step.pace.doing(parts: 2 * sequences.parts(ofBatch: index), isWayBack: true) {
        try pass.gradients(upstream: gradient)
      }
      isBetweenPieces = false
      if let input = found.input { gradients[index] = try waiting?.kept(input) ?? input }
      try visit(step, index, found.leaves)
      progress.pieces = index + 1
      isBetweenPieces = true
      try checkpoint?.reached(progress) { gradients.named("gradients") }
    }
    func endBlock(_ step: BlockStep) throws {
      isBetweenPieces = false
      try leave(step)
      progress = PassCheckpoint.Progress(blocks: progress.blocks + 1)
      isBetweenPieces = true
    }
    do {
      while let (step, passes) = recorded.popLast() {
        try pace.begin(parts: partsBack)
        begin(step)
        for (index, pass) in passes.enumerated().dropFirst(progress.pieces) {
          try goBack(step, index, pass)
        }
        try endBlock(step)
        model.advise(step.shape, .notForNow)
      }
      guard keeping == .inputs else { return gradients }
      try eachBlock(of: blocks.reversed(), parts: partsBack, in: pace) { step in
        guard let entering = inputs.removeValue(forKey: step.number) else { return }
        begin(step)
        for (index, input) in entering.enumerated().dropFirst(progress.pieces) {
          try goBack(step, index, pass(step, index, input))
        }
        try endBlock(step)
      }
    } catch let error as Cancelled {
      if isBetweenPieces, progress != start {
        try checkpoint?.write(progress, gradients.named("gradients"))
      }
      throw error
    }
    return gradients
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
