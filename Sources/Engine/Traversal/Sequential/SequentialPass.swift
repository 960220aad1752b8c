import BillhookFiles
import BillhookModels
import BillhookTorch

/// A pass that shows a model block by block, stage by stage, and changes it on the way.
struct SequentialPass {
  private let traversal: Traversal
  private let order: SequentialOrder
  private let other: LanguageModel?
  private let folder: String?
  private let checkpoint: PassCheckpoint?
  private let waiting: WaitingStates
  private var sequences: Sequences
  /// The hidden states before the current block, batch by batch.
  private var states: [Tensor]
  /// The model with the changes so far.
  private var changed: LanguageModel

  private let start: PassCheckpoint.Progress
  private var progress: PassCheckpoint.Progress
  /// Whether no stage is half done: only then can a later pass resume from here.
  private var isBetweenPieces = true

  private var model: LanguageModel { traversal.model }
  private var context: RunContext { traversal.context }
  /// Whether changes are visible before the pass is over.
  private var isSeen: Bool { order != .none }

  /// Prepares a pass, which resumes where its checkpoint says.
  init(
    _ traversal: Traversal,
    _ sequences: Sequences,
    keptBy waiting: WaitingStates,
    order: SequentialOrder,
    beside other: LanguageModel?,
    in folder: String?,
    checkpoint: PassCheckpoint?
  ) throws {
    self.traversal = traversal
    self.sequences = sequences
    self.waiting = waiting
    self.order = order
    self.other = other
    self.folder = folder
    self.checkpoint = checkpoint
    changed = traversal.model
    let embedded = try sequences.embedded(by: traversal, keptBy: waiting)
    let count = traversal.model.blocks.count
    let known = checkpoint?.resume(of: count) { progress, tensors in
      progress.blocks == count
        || progress.pieces <= embedded.count && embedded.likes(named: "states", in: tensors) != nil
    }
    progress = known?.progress ?? PassCheckpoint.Progress()
    start = progress
    states = embedded
    if let known {
      states = try embedded.likes(named: "states", in: known.states)?.map(waiting.kept) ?? []
    }
  }

  /// Runs the pass to its end, and writes a checkpoint where it is stopped.
  ///
  /// - Returns: The model with all changes.
  mutating func run(
    begin: (BlockStep) throws -> BlockChange,
    observe: (BlockStage, BlockActivations) throws -> Void,
    change: (BlockStage) throws -> BlockChange
  ) throws -> LanguageModel {
    let traversal = traversal
    // A visitor of two models computes about three times as much with the second.
    let runs =
      (model.blocks.first.map { order.stages(in: $0).count } ?? 0) + (isSeen ? 1 : 0)
      + (other == nil ? 0 : 3)
    do {
      let blocks = Array(model.blocks[progress.blocks...])
      try traversal.eachBlock(of: blocks, parts: runs * sequences.parts) { step in
        if !step.isClosed { try settle(step, begin, observe, change) }
        progress = PassCheckpoint.Progress(blocks: progress.blocks + 1)
        isBetweenPieces = true
      }
      if checkpoint?.isFollowed == true, progress != start { try checkpoint?.write(progress, [:]) }
    } catch let error as Cancelled {
      if isBetweenPieces, progress != start {
        try checkpoint?.write(progress, states.named("states"))
      }
      throw error
    }
    return changed
  }

  private mutating func settle(
    _ block: BlockStep,
    _ begin: (BlockStep) throws -> BlockChange,
    _ observe: (BlockStage, BlockActivations) throws -> Void,
    _ change: (BlockStage) throws -> BlockChange
  ) throws {
    let settled = folder.map { SettledBlock(block.number, in: $0) }
    if let known = try settled?.applied(to: changed, context) {
      changed = known
      return try move(past: isSeen ? block.lent(by: changed, context) : block)
    }
    let twin = try other.map { try self.twin(of: block, in: $0) }
    var course = BlockCourse(block, of: model, isSeen: isSeen)
    _ = try course.take(begin(block), into: &changed, context)
    var leaving: [Tensor] = []
    for projections in order.stages(in: block.shape) where !course.step.isClosed {
      let stage = BlockStage(step: course.step, projections: projections, beside: twin)
      leaving = try show(stage, observe)
      isBetweenPieces = false
      let change = try change(stage)
      progress.pieces = 0
      if try course.take(change, into: &changed, context) { leaving = [] }
    }
    if course.isChanged {
      let stem = "\(context.scratch)/block-\(block.number)"
      let path = settled?.weightsPath ?? FileSystem.unusedPath(stem, extension: "safetensors")
      changed = try course.written(to: path, in: changed)
    }
    try settled?.settle(changed.gates, hasWeights: course.isChanged)
    guard isSeen else { return }
    if leaving.isEmpty { try move(past: course.step) } else { states = leaving }
  }

  /// Shows a stage with the activations of each batch.
  ///
  /// - Returns: The hidden states after the block, batch by batch; none where they have taken the place
  ///   of those before it, because no change is seen.
  private mutating func show(
    _ stage: BlockStage,
    _ observe: (BlockStage, BlockActivations) throws -> Void
  ) throws -> [Tensor] {
    var leaving: [Tensor] = []
    while progress.pieces < states.count {
      let index = progress.pieces
      let seen = try sequences.activations(
        stage.step,
        states[index],
        stage.projections,
        ofBatch: index,
        by: traversal.decoder
      )
      let kept = try waiting.kept(seen.leaving)
      try observe(stage, seen)
      if isSeen { leaving.append(kept) } else { states[index] = kept }
      progress.pieces += 1
      try checkpoint?.reached(progress) { states.named("states") }
    }
    return leaving
  }

  /// Computes the hidden states after a block, unless it is the last.
  private mutating func move(past step: BlockStep) throws {
    guard !step.isClosed, step.number != model.blocks.last?.sourceIndex else { return }
    for index in states.indices {
      let leaving = try sequences.run(
        step,
        states[index],
        ofBatch: index,
        by: traversal.decoder
      )
      states[index] = try waiting.kept(leaving)
    }
  }

  /// The block of another model that corresponds to one of this model's.
  private func twin(of step: BlockStep, in other: LanguageModel) throws -> BlockTwin {
    guard let shape = other.blocks.first(where: { $0.sourceIndex == step.number }) else {
      throw FileError(other.directory.path, at: step.label, "is not in the other model")
    }
    let traversal = Traversal(other, context)
    let weights = try other.lend(shape, dtype: context.dtype, device: context.device)
    let twin = BlockStep(shape, of: other, weights, step.pace)
    var sequences = sequences
    return BlockTwin(shape: shape, weights: weights, closed: twin.closed) {
      hidden,
      texts,
      weights,
      closed in
      let step = BlockStep(
        shape: shape,
        weights: weights,
        pace: twin.pace,
        closed: closed,
        isClosed: twin.isClosed
      )
      return try sequences.activations(
        step,
        hidden,
        WeightRole.projections,
        texts,
        0,
        by: traversal.decoder
      )
    }
  }
}

extension BlockStep {
  /// The step with the block as it is in a changed model.
  fileprivate func lent(by model: LanguageModel, _ context: RunContext) throws -> BlockStep {
    let weights = try model.lend(shape, dtype: context.dtype, device: context.device)
    return BlockStep(shape, of: model, weights, pace)
  }
}
