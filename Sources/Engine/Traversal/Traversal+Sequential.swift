import BillhookFiles
public import BillhookModels
import BillhookTorch

extension Traversal {
  /// Shows each block stage by stage with its activations, and lets it be changed before later
  /// stages and blocks are shown.
  ///
  /// A changed weight is rounded to its stored type at once, so later stages see what the changed
  /// model computes. Changes are written when their block is done, so that memory holds those of
  /// one block only. Where nothing was changed, the observed outputs go on to the next block;
  /// otherwise the block is run once more, unless it is the last.
  ///
  /// Memory: the hidden states of the tokens, twice unless `order` is none; the activations of one
  /// batch inside one block; the block's changes; the block of the other model, if one is given.
  ///
  /// - Parameters:
  ///   - tokens: The calibration set.
  ///   - order: What is changed before the next part is shown.
  ///   - other: A model with the same blocks or more, each of which is lent together with this
  ///     model's block.
  ///   - folder: Where finished blocks are kept, with a name that identifies everything that they
  ///     depend on: a later pass takes them from there, and only runs them. Nil for none; changes
  ///     are then written to the scratch folder.
  ///   - observe: Called with the activations of one batch inside a block, including the inputs of
  ///     the stage's projections; not called for a closed block.
  ///   - change: Called after the last batch of a stage; returns the changes.
  /// - Returns: The model with all changes.
  /// - Throws: What the visitors throw, `FileError` for weights in other shapes, and `Cancelled`.
  public func sequential(
    _ tokens: TokenSet,
    order: SequentialOrder = .block,
    beside other: LanguageModel? = nil,
    in folder: String? = nil,
    observe: (BlockStage, BlockActivations) throws -> Void,
    change: (BlockStage) throws -> BlockChange
  ) throws -> LanguageModel {
    try sequential(
      tokens,
      order: order,
      beside: other,
      in: folder,
      checkpoint: nil,
      observe: observe,
      change: change
    )
  }

  /// The same, resumed from where an earlier pass was stopped; what that pass showed is not shown
  /// again.
  ///
  /// A `checkpoint` is for `order = none` and visitors that change nothing. `begin` gives what a block
  /// is changed by before it is shown; later changes of the same weights begin from those of the model
  /// again, and take its place. Where processes share the work and it `isDealt`, each is shown its own
  /// batches.
  package func sequential(
    _ tokens: TokenSet,
    order: SequentialOrder,
    beside other: LanguageModel? = nil,
    in folder: String? = nil,
    checkpoint: PassCheckpoint?,
    isDealt: Bool = false,
    begin: (BlockStep) throws -> BlockChange = { _ in BlockChange() },
    observe: (BlockStage, BlockActivations) throws -> Void,
    change: (BlockStage) throws -> BlockChange
  ) throws -> LanguageModel {
    var sequences =
      isDealt ? Sequences(dealt: tokens, context) : Sequences(tokens, context)
    let strategy = try TraversalMemory(model, context)
      .sequentialStrategy(tokens, order: order, beside: other)
    let waiting = WaitingStates(context, onDisk: strategy.statesWaitOnDisk)
    var states = try sequences.embedded(by: self, keptBy: waiting)
    var progress = PassCheckpoint.Progress()
    let known = checkpoint?.resume(of: model.blocks.count) { progress, tensors in
      progress.blocks == model.blocks.count
        || progress.pieces <= states.count && states.likes(named: "states", in: tensors) != nil
    }
    if let known {
      states = try states.likes(named: "states", in: known.states)?.map(waiting.kept) ?? []
      progress = known.progress
    }
    let start = progress
    var isBetweenPieces = true
    var changed = model
    // Whether changes are visible before the pass is over.
    let isSeen = order != .none
    let last = model.blocks.last?.sourceIndex
    func runOn(_ step: BlockStep) throws {
      guard !step.isClosed, step.number != last else { return }
      for index in states.indices {
        let leaving = try sequences.run(step, states[index], ofBatch: index, by: decoder)
        states[index] = try waiting.kept(leaving)
      }
    }
    func settle(_ block: BlockStep) throws {
      let settled = folder.map { SettledBlock(block.number, in: $0) }
      if let known = try settled?.applied(to: changed, context) {
        changed = known
        return try runOn(isSeen ? block.lent(by: changed, context) : block)
      }
      let twin = try other.map { try Self.twin(of: block, in: $0, context, sequences) }
      var step = block
      var weights: [WeightRole: Tensor] = [:]
      var masks: [WeightRole: Tensor] = [:]
      var quantised: [WeightRole: QuantisedMatrix] = [:]
      var leaving: [Tensor] = []
      /// Takes a change in; says whether there is any.
      func take(_ change: BlockChange) throws -> Bool {
        let new = try change.rounded(for: step, of: model)
        changed.gates.close(change.closed, inBlock: block.number)
        weights.merge(new) { $1 }
        masks.merge(change.masks) { $1 }
        quantised.merge(change.quantised) { $1 }
        guard isSeen, !(new.isEmpty && change.masks.isEmpty && change.closed == Gates()) else {
          return false
        }
        var lent: [WeightRole: Tensor] = [:]
        for role in Set(new.keys).union(change.masks.keys) {
          let weight = try weights[role]?.to(context.dtype, device: context.device)
          let whole = try weight ?? block.weights.require(role)
          lent[role] = try masks[role].map { try whole.keeping($0) } ?? whole
        }
        step = step.replacing(lent, in: changed)
        return true
      }
      _ = try take(begin(block))
      for projections in order.stages(in: block.shape) where !step.isClosed {
        let stage = BlockStage(step: step, projections: projections, beside: twin)
        leaving = []
        while progress.pieces < states.count {
          let index = progress.pieces
          let seen = try sequences.activations(
            step,
            states[index],
            projections,
            ofBatch: index,
            by: decoder
          )
          let kept = try waiting.kept(seen.leaving)
          try observe(stage, seen)
          if isSeen { leaving.append(kept) } else { states[index] = kept }
          progress.pieces += 1
          try checkpoint?.reached(progress) { states.named("states") }
        }
        isBetweenPieces = false
        let change = try change(stage)
        progress.pieces = 0
        if try take(change) { leaving = [] }
      }
      let isChanged = !(weights.isEmpty && masks.isEmpty)
      if isChanged {
        let stem = "\(context.scratch)/block-\(block.number)"
        let path = settled?.weightsPath ?? FileSystem.unusedPath(stem, extension: "safetensors")
        changed = try changed.editing(
          weights.filter { quantised[$0.key] == nil }.ofBlock(block.number),
          masks: masks.ofBlock(block.number),
          quantised: quantised.ofBlock(block.number),
          at: path
        )
      }
      try settled?.settle(changed.gates, hasWeights: isChanged)
      guard isSeen else { return }
      if leaving.isEmpty { try runOn(step) } else { states = leaving }
    }
    // A visitor of two models computes about three times as much with the second.
    let runs =
      (model.blocks.first.map { order.stages(in: $0).count } ?? 0) + (isSeen ? 1 : 0)
      + (other == nil ? 0 : 3)
    do {
      let blocks = Array(model.blocks[progress.blocks...])
      try eachBlock(of: blocks, parts: runs * sequences.parts) { step in
        if !step.isClosed { try settle(step) }
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

  /// The block of another model that corresponds to one of this model's.
  private static func twin(
    of step: BlockStep,
    in other: LanguageModel,
    _ context: RunContext,
    _ sequences: Sequences
  ) throws -> BlockTwin {
    guard let shape = other.blocks.first(where: { $0.sourceIndex == step.number }) else {
      throw FileError(other.directory.path, at: step.label, "is not in the other model")
    }
    let traversal = Traversal(other, context)
    let weights = try other.lend(shape, dtype: context.dtype, device: context.device)
    let twin = BlockStep(
      shape: shape,
      weights: weights,
      pace: step.pace,
      closed: other.closedParts(of: shape, by: other.gates),
      isClosed: other.gates.closedBlocks.contains(step.number)
    )
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

extension Dictionary where Key == WeightRole {
  /// The same, for the weights of a block.
  fileprivate func ofBlock(_ number: Int) -> [WeightID: Value] {
    reduce(into: [:]) { all, weight in all[WeightID(weight.key, block: number)] = weight.value }
  }
}

extension BlockStep {
  /// The step with some weights replaced, and the gates of a changed model.
  fileprivate func replacing(_ new: [WeightRole: Tensor], in model: LanguageModel) -> BlockStep {
    BlockStep(
      shape: shape,
      weights: weights.replacing(new),
      pace: pace,
      closed: model.closedParts(of: shape, by: model.gates),
      isClosed: model.gates.closedBlocks.contains(number)
    )
  }

  /// The step with the block as it is in a changed model.
  fileprivate func lent(by model: LanguageModel, _ context: RunContext) throws -> BlockStep {
    let lent = try model.lend(shape, dtype: context.dtype, device: context.device)
    return BlockStep(
      shape: shape,
      weights: lent,
      pace: pace,
      closed: model.closedParts(of: shape, by: model.gates),
      isClosed: model.gates.closedBlocks.contains(number)
    )
  }
}

extension BlockChange {
  /// The new weights as they will be stored, or as codes stand for them.
  ///
  /// - Throws: `FileError` for a weight or mask that the block does not have, or of another shape; and for
  ///   values beyond the range of float16 where that is how a weight is stored.
  fileprivate func rounded(
    for step: BlockStep,
    of model: LanguageModel
  ) throws -> [WeightRole: Tensor] {
    let shapes =
      weights.map { ($0, $1.shape) } + masks.map { ($0, $1.shape) }
      + quantised.map { ($0, $1.shape) }
    for (role, found) in shapes {
      let expected = step.weights[role]?.shape
      guard expected == found else {
        let id = WeightID(role, block: step.number)
        let shape = expected.map { "\($0)" } ?? "none"
        throw FileError(
          model.directory.path,
          at: "\(id)",
          "expected the shape \(shape), found \(found)"
        )
      }
    }
    let values = try weights.merging(quantised.mapValues { try $0.dequantised() }) { $1 }
    return try values.reduce(into: [:]) { rounded, weight in
      let (id, mask) = (WeightID(weight.key, block: step.number), masks[weight.key])
      let value = try mask.map { try weight.value.keeping($0) } ?? weight.value
      rounded[weight.key] = try model.rounded(value, as: id)
    }
  }
}
