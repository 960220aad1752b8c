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
    let memory = TraversalMemory(model, context)
    let strategy = try memory.forwardStrategy(tokens, candidates: candidates.count)
    let waiting = WaitingStates(context, onDisk: strategy.statesWaitOnDisk)
    // The pass alone holds the paths: a second owner would keep the first hidden states in memory.
    var pass = try ForwardPass(
      self,
      sequences,
      Paths(
        candidates,
        from: model,
        states: sequences.embedded(by: self, keptBy: waiting),
        ownIsWatched: visit != nil,
        ownIsMeasured: alsoOwn,
        tree: tree,
        room: memory.nodesToKeep(tokens, candidates: candidates.count, strategy)
      ),
      of: candidates.count,
      alsoOwn: alsoOwn,
      // Rows of a joined batch may be rounded differently, and which paths there are depends on the
      // known states.
      joins: tree == nil && !isApart,
      keptBy: waiting,
      checkpoint: visit == nil ? checkpoint : nil
    )
    return try pass.run(see: see, visit: visit)
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
