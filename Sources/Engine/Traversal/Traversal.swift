import BillhookFiles
public import BillhookModels

/// The one loop over the blocks of a model, in four forms: `weights`, `forward`, `backward` and
/// `sequential`.
///
/// Whatever looks at a model is a visitor of one of them, and holds one block's weights at a time.
public struct Traversal {
  let model: LanguageModel
  let context: RunContext
  let decoder: Decoder

  /// The loop over a model.
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

  /// The loop itself: lends one block's weights for one step, and takes them back, while those of
  /// the next are fetched.
  ///
  /// - Parameters:
  ///   - blocks: The blocks in the order in which they are shown; nil for all, first to last.
  ///   - work: How many ways through each block there are; nil for one through each.
  ///   - parts: The parts of the pass that one way counts as.
  ///   - exit: The parts that come after the last block.
  ///   - pace: The pace of a pass that this loop is only a part of; nil for one of its own.
  ///   - body: Sees each block.
  /// - Returns: The pace, for what comes after the last block.
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
      if index + 1 < blocks.count { model.advise(blocks[index + 1], .soon) }
      let weights = try model.lend(block, dtype: context.dtype, device: context.device)
      let closed = model.closedParts(of: block, by: model.gates)
      try body(
        BlockStep(
          shape: block,
          weights: weights,
          pace: pace,
          closed: closed,
          isClosed: model.gates.closedBlocks.contains(block.sourceIndex)
        )
      )
      model.advise(block, .notForNow)
    }
    try pace.begin(parts: exit)
    return pace
  }
}

/// One step of a traversal: a block and its weights, lent until the step is over.
public struct BlockStep {
  /// The block.
  public let shape: BlockShape
  /// Its weights, in the type and on the device of the computation.
  public let weights: LentWeights
  /// How far the pass is.
  let pace: Pace
  /// What the model's own gates switch off in it.
  let closed: ClosedParts
  /// Whether they switch off all of it, so that it passes its input on unchanged.
  let isClosed: Bool

  /// The block's number in the model as it was opened.
  public var number: Int { shape.sourceIndex }

  /// What messages call it.
  package var label: String { "block \(number)" }
}
