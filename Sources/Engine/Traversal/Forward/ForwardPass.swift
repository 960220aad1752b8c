import BillhookFiles
import BillhookModels
import BillhookTorch

/// A forward pass of several candidates, which share what they have in common.
struct ForwardPass {
  private let traversal: Traversal
  private let count: Int
  private let alsoOwn: Bool
  private let joins: Bool
  private let waiting: WaitingStates
  private let checkpoint: PassCheckpoint?
  private var sequences: Sequences
  private var paths: Paths

  private let start: PassCheckpoint.Progress
  private var progress: PassCheckpoint.Progress
  /// The losses that are known, path by path and in each of them batch by batch.
  private var found: [TokenLoss] = []
  /// Whether the paths that begin before the current block have been started.
  private var hasEntered = false

  /// Prepares a pass, which resumes where its checkpoint says.
  ///
  /// - Parameters:
  ///   - traversal: The loop over the model.
  ///   - sequences: The batches.
  ///   - paths: The paths of the candidates.
  ///   - count: The number of candidates.
  ///   - alsoOwn: Whether the loss of the model with its own gates is wanted too.
  ///   - joins: Whether several paths may run through a block as one batch.
  ///   - waiting: Where hidden states are kept meanwhile.
  ///   - checkpoint: The checkpoint; nil for none.
  /// - Throws: `TorchError` from libtorch, and errors of files in which states are kept.
  init(
    _ traversal: Traversal,
    _ sequences: Sequences,
    _ paths: Paths,
    of count: Int,
    alsoOwn: Bool,
    joins: Bool,
    keptBy waiting: WaitingStates,
    checkpoint: PassCheckpoint?
  ) throws {
    self.traversal = traversal
    self.sequences = sequences
    self.paths = paths
    self.count = count
    self.alsoOwn = alsoOwn
    self.joins = joins
    self.waiting = waiting
    // Known states are of earlier sweeps, and gone when a later pass would resume.
    self.checkpoint = paths.areKnown ? nil : checkpoint
    let known = self.checkpoint?.resume(of: traversal.model.blocks.count) { _, tensors in
      paths.fits(tensors, like: paths.own)
    }
    progress = known?.progress ?? PassCheckpoint.Progress()
    start = progress
    if let known {
      try self.paths.restore(known.states) { try waiting.kept($0) }
      found = try [TokenLoss](named: "losses", in: known.states)
      hasEntered = known.states["entered"] != nil
    }
  }

  /// Runs the pass to its end, and writes a checkpoint where it is stopped.
  ///
  /// - Parameters:
  ///   - see: Called with the logits that predict each target, of a single candidate; nil for nobody.
  ///   - visit: Called for each block with the hidden states before and after it, in the model with its
  ///     own gates; nil for nobody.
  /// - Returns: For each candidate, and then for the model itself if that is wanted, the loss of each
  ///   batch.
  /// - Throws: What the visitors throw, and `Cancelled`.
  mutating func run(
    see: ((PredictingLogits) throws -> Void)?,
    visit: ((BlockStep, [BlockStates]) throws -> Void)?
  ) throws -> [[TokenLoss]] {
    let model = traversal.model
    do {
      let pace = try walk(visit)
      if !hasEntered { paths.enter(model.blocks.count) }
      hasEntered = true
      let losses = try losses(pace, see)
      try pace.begin(parts: 0)
      model.advise(model.configuration.exitRoles, .notForNow)
      return losses
    } catch let error as Cancelled {
      if progress != start { try checkpoint?.write(progress, underWay()) }
      throw error
    }
  }

  /// What a checkpoint holds.
  private func underWay() throws -> [String: Tensor] {
    let entered = hasEntered ? ["entered": try Tensor([1])] : [:]
    return try paths.named.merging(entered) { $1 }.merging(found.named("losses")) { $1 }
  }

  // MARK: Blocks

  /// Runs all paths through all blocks that are left.
  ///
  /// - Returns: The progress, for what comes after the last block.
  private mutating func walk(
    _ visit: ((BlockStep, [BlockStates]) throws -> Void)?
  ) throws -> Pace {
    let traversal = traversal
    let left = progress.blocks..<traversal.model.blocks.count
    let ends = paths.ends.count + (alsoOwn ? 1 : 0)
    return try traversal.eachBlock(
      of: Array(traversal.model.blocks[left]),
      work: Array(paths.work[left]),
      parts: sequences.parts,
      exit: ends * sequences.parts
    ) { step in
      let entering = visit == nil ? nil : paths.own
      if !hasEntered { paths.enter(progress.blocks) }
      hasEntered = true
      try run(through: step)
      paths.leave(progress.blocks)
      hasEntered = false
      progress = PassCheckpoint.Progress(blocks: progress.blocks + 1)
      if let visit, let entering {
        try visit(step, zip(entering, paths.own).map(BlockStates.init))
      }
    }
  }

  /// Runs the paths that are computed through a block, batch by batch, from the first piece that is not
  /// done.
  private mutating func run(through step: BlockStep) throws {
    var piece = 0
    for (closed, together) in paths.underWay(in: step.shape) {
      for batch in sequences.batches.indices {
        let size = joins ? sequences.pathsAtOnce(ofBatch: batch) : 1
        for start in stride(from: 0, to: together.count, by: size) {
          piece += 1
          guard piece > progress.pieces else { continue }
          let part = together[start..<min(start + size, together.count)]
          let leaving = try sequences.run(
            step,
            together: part.map { paths.states(of: $0, batch) },
            ofBatch: batch,
            by: traversal.decoder,
            closed: closed
          )
          let kept = try leaving.map(waiting.kept)
          for (path, new) in zip(part, kept) { paths.put(new, of: path, batch) }
          progress.pieces = piece
          try checkpoint?.reached(progress) { try underWay() }
        }
      }
    }
  }

  // MARK: Losses

  private mutating func losses(
    _ pace: Pace,
    _ see: ((PredictingLogits) throws -> Void)?
  ) throws -> [[TokenLoss]] {
    var losses = [[TokenLoss]](repeating: [], count: count)
    guard count > 0 || alsoOwn else { return losses }
    let head = try LossHead(of: traversal)
    var piece = 0
    for (states, candidates) in paths.ends {
      let found = try loss(of: states, head, pace, from: &piece, see)
      for candidate in candidates { losses[candidate] = found }
    }
    if alsoOwn { losses.append(try loss(of: paths.own, head, pace, from: &piece, see)) }
    return losses
  }

  /// The loss of each batch on one path.
  private mutating func loss(
    of states: [Tensor],
    _ head: LossHead,
    _ pace: Pace,
    from piece: inout Int,
    _ see: ((PredictingLogits) throws -> Void)?
  ) throws -> [TokenLoss] {
    var seen = 0
    var losses: [TokenLoss] = []
    for (states, batch) in zip(states, sequences.batches.indices) {
      let start = seen
      seen += sequences.batches[batch].targetCount
      if piece == found.count {
        let loss = try pace.doing(parts: sequences.parts(ofBatch: batch)) {
          try head.loss(
            states,
            sequences.batches[batch],
            between: pace.pause,
            see: see.map { see in { try see($0.moved(by: start)) } }
          )
        }
        found.append(loss)
        progress.pieces = piece + 1
        try checkpoint?.reached(progress) { try underWay() }
      }
      losses.append(found[piece])
      piece += 1
    }
    return losses
  }
}
