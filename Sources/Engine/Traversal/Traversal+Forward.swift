import BillhookFiles
public import BillhookModels
public import BillhookTorch

extension Traversal {
  /// Runs tokens through the model and returns the loss over all of their targets.
  public func loss(on tokens: TokenSet) throws -> TokenLoss {
    try forward(tokens, candidates: [model.gates])[0].reduce(TokenLoss(), +)
  }

  /// Runs tokens through the model once, for several candidates together.
  ///
  /// A candidate shares the states of the model's own path up to the first block that it gates
  /// differently; from there on both are computed side by side. So each block is lent once, and run
  /// once for each candidate that has diverged. Where the hidden states of all candidates exceed
  /// the memory, they are kept on disk.
  ///
  /// - Parameters:
  ///   - tokens: The tokens.
  ///   - candidates: The gates of each candidate, which replace the model's own.
  ///   - visit: Called for each block with the hidden states before and after it, batch by batch,
  ///     in the model with its own gates.
  /// - Returns: For each candidate, the loss of each batch.
  /// - Throws: What the visitor throws, and `Cancelled`.
  public func forward(
    _ tokens: TokenSet,
    candidates: [Gates],
    visit: ((BlockStep, [BlockStates]) throws -> Void)? = nil
  ) throws -> [[TokenLoss]] {
    try forward(tokens, candidates: candidates, tree: nil, visit: visit)
  }

  /// The same, reusing states from earlier sweeps over the same tokens with the same weights, where
  /// that changes no bit.
  ///
  /// With `alsoOwn`, the loss of the model with its own gates follows those of the candidates,
  /// whose bits it does not change; it costs little, as the candidates share that path nearly to
  /// its end. With a `checkpoint` it resumes where an earlier pass was stopped, unless that pass
  /// reused states of earlier sweeps, which are gone. With `isApart`, no bit of a candidate's loss
  /// depends on which others there are. `see` is shown the logits that predict each target, in the
  /// order of the targets, of a single candidate; after a checkpoint, those of the batch that was
  /// under way, and later ones.
  package func forward(
    _ tokens: TokenSet,
    candidates: [Gates],
    tree: StateTree?,
    alsoOwn: Bool = false,
    isApart: Bool = false,
    checkpoint: PassCheckpoint? = nil,
    see: ((PredictingLogits) throws -> Void)? = nil,
    visit: ((BlockStep, [BlockStates]) throws -> Void)? = nil
  ) throws -> [[TokenLoss]] {
    if context.world > 1, checkpoint == nil, see == nil, visit == nil {
      return try dealt(tokens, candidates, tree, alsoOwn: alsoOwn, isApart: isApart)
    }
    return try forward(
      Sequences(tokens, context),
      of: tokens,
      candidates: candidates,
      tree: tree,
      alsoOwn: alsoOwn,
      isApart: isApart,
      checkpoint: checkpoint,
      see: see,
      visit: visit
    )
  }

  /// The same for some batches of the tokens.
  func forward(
    _ sequences: Sequences,
    of tokens: TokenSet,
    candidates: [Gates],
    tree: StateTree?,
    alsoOwn: Bool,
    isApart: Bool,
    checkpoint: PassCheckpoint? = nil,
    see: ((PredictingLogits) throws -> Void)? = nil,
    visit: ((BlockStep, [BlockStates]) throws -> Void)? = nil
  ) throws -> [[TokenLoss]] {
    var sequences = sequences
    let memory = TraversalMemory(model, context)
    let strategy = try memory.forwardStrategy(tokens, candidates: candidates.count)
    let waiting = WaitingStates(context, onDisk: strategy.statesWaitOnDisk)
    var paths = Paths(
      candidates,
      from: model,
      states: try sequences.embedded(by: self, keptBy: waiting),
      ownIsWatched: visit != nil,
      ownIsMeasured: alsoOwn,
      tree: tree,
      room: try memory.nodesToKeep(tokens, candidates: candidates.count, strategy)
    )
    let checkpoint = paths.areKnown || visit != nil ? nil : checkpoint
    let count = model.blocks.count
    let sample = paths.own
    let known = checkpoint?.resume(of: count) { _, tensors in paths.fits(tensors, like: sample) }
    var progress = known?.progress ?? PassCheckpoint.Progress()
    var found: [TokenLoss] = []
    if let known {
      try paths.restore(known.states) { try waiting.kept($0) }
      found = try [TokenLoss](named: "losses", in: known.states)
    }
    let start = progress
    // Whether the paths that begin before the current block have been started.
    var hasEntered = known?.states["entered"] != nil
    func underWay() throws -> [String: Tensor] {
      let entered = hasEntered ? ["entered": try Tensor([1])] : [:]
      return try paths.named.merging(entered) { $1 }.merging(found.named("losses")) { $1 }
    }
    let ends = (candidates.isEmpty ? 0 : paths.ends.count) + (alsoOwn ? 1 : 0)
    let exit = ends * sequences.parts
    let left = progress.blocks..<count
    var losses = [[TokenLoss]](repeating: [], count: candidates.count)
    do {
      let pace = try eachBlock(
        of: Array(model.blocks[left]),
        work: Array(paths.work[left]),
        parts: sequences.parts,
        exit: exit
      ) { step in
        let entering = visit == nil ? nil : paths.own
        if !hasEntered { paths.enter(progress.blocks) }
        hasEntered = true
        var piece = 0
        for (closed, together) in paths.underWay(in: step.shape) {
          for batch in sequences.batches.indices {
            // Rows of a joined batch may be rounded differently, and which paths there are depends
            // on the known states.
            let size = tree == nil && !isApart ? sequences.pathsAtOnce(ofBatch: batch) : 1
            for start in stride(from: 0, to: together.count, by: size) {
              piece += 1
              guard piece > progress.pieces else { continue }
              let part = together[start..<min(start + size, together.count)]
              let leaving = try sequences.run(
                step,
                together: part.map { paths.states(of: $0, batch) },
                ofBatch: batch,
                by: decoder,
                closed: closed
              )
              let kept = try leaving.map(waiting.kept)
              for (path, new) in zip(part, kept) { paths.put(new, of: path, batch) }
              progress.pieces = piece
              try checkpoint?.reached(progress) { try underWay() }
            }
          }
        }
        paths.leave(progress.blocks)
        hasEntered = false
        progress = PassCheckpoint.Progress(blocks: progress.blocks + 1)
        if let visit, let entering {
          try visit(step, zip(entering, paths.own).map(BlockStates.init))
        }
      }
      if !hasEntered { paths.enter(count) }
      hasEntered = true
      let head = try candidates.isEmpty && !alsoOwn ? nil : LossHead(of: self)
      var piece = 0
      func loss(_ states: [Tensor]) throws -> [TokenLoss] {
        guard let head else { return [] }
        var seen = 0
        return try states.indices.map { batch in
          let start = seen
          seen += sequences.batches[batch].targetCount
          defer { piece += 1 }
          if piece < found.count { return found[piece] }
          let loss = try pace.doing(parts: sequences.parts(ofBatch: batch)) {
            try head.loss(
              states[batch],
              sequences.batches[batch],
              between: pace.pause,
              see: see.map { see in { try see($0.moved(by: start)) } }
            )
          }
          found.append(loss)
          progress.pieces = piece + 1
          try checkpoint?.reached(progress) { try underWay() }
          return loss
        }
      }
      for (states, candidates) in paths.ends {
        let found = try loss(states)
        for candidate in candidates { losses[candidate] = found }
      }
      if alsoOwn { losses.append(try loss(paths.own)) }
      try pace.begin(parts: 0)
    } catch let error as Cancelled {
      if progress != start { try checkpoint?.write(progress, underWay()) }
      throw error
    }
    model.advise(model.configuration.exitRoles, .notForNow)
    return losses
  }

  /// The logits of every position of some windows of one length: `[windows, tokens, vocabulary]`.
  ///
  /// Meant for checks, as it holds all logits at once.
  public func logits(of windows: [[Int]]) throws -> Tensor {
    var sequences = Sequences(TokenBatch(windows: windows.map { TokenWindow($0) }), context)
    var states = try sequences.embedded(by: self)
    try eachBlock { step in
      guard !model.gates.closedBlocks.contains(step.number) else { return }
      states = try states.map { try sequences.run(step, $0, ofBatch: 0, by: decoder) }
    }
    let weights = try model.lend(
      model.configuration.exitRoles,
      dtype: context.dtype,
      device: context.device
    )
    return try Tensor.joined(states.map { try decoder.logits($0, weights) }, along: 0)
  }
}

/// The hidden states of one batch around a block: `[windows, tokens, hidden]`.
public struct BlockStates {
  /// The hidden states before the block.
  public let input: Tensor
  /// The hidden states after the block.
  public let output: Tensor
}
