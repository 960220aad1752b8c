import BillhookFiles
public import BillhookModels

/// The loop over the blocks of a model, in four forms: `weights`, `forward`, `backward` and
/// `sequential`.
///
/// All code that runs a model or reads its weights is a visitor of one of them, and holds one
/// block's weights at a time.
public struct Traversal {
  let model: LanguageModel
  let context: RunContext
  let decoder: Decoder

  /// Makes the loop over a model.
  public init(_ model: LanguageModel, _ context: RunContext) {
    self.model = model
    self.context = context
    decoder = Decoder(
      model.configuration,
      dtype: context.dtype,
      device: context.device,
      pieces: context.pieces
    )
  }

  /// Shows every block with its weights, first to last; no data is run.
  public func weights(_ visit: (BlockStep) throws -> Void) throws {
    try eachBlock(visit)
  }

  /// The loop itself: lends one block's weights for one step, while those of the next are read
  /// and copied ahead, and then releases them.
  ///
  /// - Parameters:
  ///   - blocks: The blocks in the order in which they are shown; nil for all, first to last.
  ///   - work: How many paths each block is run for; nil for one each.
  ///   - parts: How many parts of the pass one path through a block counts as.
  ///   - exit: How many parts come after the last block.
  ///   - pace: The progress of a pass that this loop is only a part of; nil for one of its own.
  ///   - body: Called with each block.
  /// - Returns: The progress, for what comes after the last block.
  /// - Throws: What the body throws, and `Cancelled`.
  @discardableResult
  func eachBlock(
    of blocks: [BlockShape]? = nil,
    work: [Int]? = nil,
    parts: Int = 1,
    exit: Int = 0,
    in pace: Pace? = nil,
    _ body: (BlockStep) throws -> Void
  ) throws -> Pace {
    let blocks = blocks ?? model.blocks
    let work = (work ?? blocks.map { _ in 1 }).map { $0 * parts }
    let pace = pace ?? Pace(context, parts: work.reduce(0, +) + exit)
    for (index, block) in blocks.enumerated() {
      try pace.begin(parts: work[index])
      let next = index + 1 < blocks.count ? blocks[index + 1] : nil
      if let next { model.advise(next, .soon) }
      let weights = try model.lend(block, dtype: context.dtype, device: context.device)
      if let next { model.prefetch(next) }
      try body(BlockStep(block, of: model, weights, pace))
      model.advise(block, .notForNow)
    }
    try pace.begin(parts: exit)
    return pace
  }
}

/// One step of a traversal: a block and its weights, lent until the step is over.
public struct BlockStep {
  /// The shape of the block.
  public let shape: BlockShape
  /// The block's weights, in the type and on the device of the computation.
  public let weights: LentWeights
  /// The progress of the pass.
  let pace: Pace
  /// What the model's own gates switch off in the block.
  let closed: ClosedParts
  /// Whether they switch off the whole block, so that it passes its input on unchanged.
  let isClosed: Bool

  /// The block's number in the model as it was opened.
  public var number: Int { shape.sourceIndex }

  /// The block's name in messages.
  package var label: String { "block \(number)" }
}

extension BlockStep {
  /// A block of a model, as far as its gates leave it open.
  init(_ shape: BlockShape, of model: LanguageModel, _ weights: LentWeights, _ pace: Pace) {
    self.init(
      shape: shape,
      weights: weights,
      pace: pace,
      closed: model.closedParts(of: shape, by: model.gates),
      isClosed: model.gates.closedBlocks.contains(shape.sourceIndex)
    )
  }
}
