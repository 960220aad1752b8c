import BillhookFiles
import BillhookModels
import BillhookTorch

/// A forward pass over a model and a backward pass over its last blocks, with the gradients of all
/// tracked tensors.
///
/// The three parts come one after the other: forward, the turn at the end of the model, back.
struct BackwardPass {
  /// Gives a block's weights for one batch, with the leaf tensors that gradients are wanted for; the
  /// same on every call.
  typealias Track = (BlockStep, _ batch: Int) throws -> TrackedWeights
  /// Gives the gradients with respect to the hidden states after the last block.
  typealias Upstream = ([Tensor], _ between: BetweenPieces) throws -> [Tensor]
  /// Is given the hidden states after a block, and gives what is added to their gradient.
  typealias Output = (BlockStep, _ batch: Int, Tensor) throws -> Tensor?
  /// Is given the gradients of a block's leaf tensors for one batch.
  typealias Visit = (BlockStep, _ batch: Int, _ gradients: [Tensor]) throws -> Void

  private(set) var sequences: Sequences
  /// The gradients with respect to the hidden states before the block that was done last, batch by
  /// batch.
  private(set) var gradients: [Tensor] = []

  private let traversal: Traversal
  private let embedded: [Tensor]
  private let keeping: KeptOfBlocks
  private let waiting: WaitingStates?
  /// The blocks that are left to go back through, first to last.
  private let blocks: ArraySlice<BlockShape>
  /// The first of all blocks that are gone back through, where its input needs no gradient.
  private let end: Int?
  private let checkpoint: PassCheckpoint?
  /// How many blocks the backward pass goes through before each.
  private let blocksBefore: [Int: Int]
  private let partsBack: Int
  private let pace: Pace

  private let start: PassCheckpoint.Progress
  private var progress: PassCheckpoint.Progress
  private let known: [String: Tensor]?
  /// Whether no batch is half done: only then can a later pass resume from here.
  private var isBetweenPieces = true

  /// The hidden states of the forward pass, batch by batch.
  private var states: [Tensor]
  private var inputs: [Int: [Tensor]] = [:]
  private var recorded: [(step: BlockStep, passes: [BlockPass])] = []

  /// Prepares a pass, which resumes where its checkpoint says.
  init(
    _ traversal: Traversal,
    _ sequences: Sequences,
    from embedded: [Tensor],
    keeping: KeptOfBlocks,
    waiting: WaitingStates?,
    blocks: ArraySlice<BlockShape>,
    reachesInput: Bool,
    checkpoint: PassCheckpoint?
  ) {
    self.traversal = traversal
    self.sequences = sequences
    self.embedded = embedded
    self.keeping = keeping
    self.waiting = waiting
    self.checkpoint = checkpoint
    end = reachesInput ? nil : blocks.first?.sourceIndex
    let known = checkpoint?.resume(of: blocks.count) { progress, tensors in
      progress.pieces <= embedded.count && embedded.likes(named: "gradients", in: tensors) != nil
    }
    self.known = known?.states
    progress = known?.progress ?? PassCheckpoint.Progress()
    start = progress
    blocksBefore = Dictionary(
      uniqueKeysWithValues: blocks.reversed().enumerated().map { ($1.sourceIndex, $0) }
    )
    self.blocks = blocks.dropLast(progress.blocks)
    states = embedded
    // A block's gradients take about twice as long as its forward pass, which may have to be repeated.
    let parts = sequences.parts
    partsBack = (keeping == .inputs ? 3 : 2) * parts
    let ahead = traversal.model.blocks.count - progress.blocks
    pace = Pace(
      traversal.context,
      parts: ahead * parts + parts + self.blocks.count * partsBack
    )
  }

  // MARK: Forward

  /// Runs the model up to the last block that is left to go back through, and keeps what that needs.
  mutating func goForward(track: Track, output: Output) throws {
    let traversal = traversal
    // Blocks that were done need no forward pass: the gradient at their input is known.
    let ahead = Array(traversal.model.blocks.dropLast(progress.blocks))
    let wanted = Set(blocks.map(\.sourceIndex))
    let parts = sequences.parts
    try traversal.eachBlock(of: ahead, parts: parts, exit: parts, in: pace) { step in
      guard !step.isClosed else { return }
      guard wanted.contains(step.number) else {
        for index in states.indices {
          states[index] = try run(step, index)
          _ = try output(step, index, states[index])
        }
        return
      }
      switch keeping {
      case .activations:
        var passes: [BlockPass] = []
        for index in states.indices {
          passes.append(try record(step, index, states[index], track))
        }
        recorded.append((step, passes))
        states = try passes.map { try $0.output.detached() }
      case .inputs:
        inputs[step.number] = states
        for index in states.indices {
          let leaving = try run(step, index, track(step, index).weights)
          states[index] = try waiting?.kept(leaving) ?? leaving
        }
      }
    }
  }

  private mutating func run(
    _ step: BlockStep,
    _ batch: Int,
    _ weights: LentWeights? = nil
  ) throws -> Tensor {
    try sequences.run(
      step,
      states[batch],
      ofBatch: batch,
      by: traversal.decoder,
      weights: weights
    )
  }

  private mutating func record(
    _ step: BlockStep,
    _ batch: Int,
    _ input: Tensor,
    _ track: Track
  ) throws -> BlockPass {
    let decoder = traversal.decoder
    return try BlockPass(input, tracksInput: step.number != end, track(step, batch)) {
      try sequences.run(step, $0, ofBatch: batch, by: decoder, weights: $1)
    }
  }

  /// Takes the gradients at the end of the model, or where an earlier pass was stopped.
  mutating func turn(upstream: Upstream) throws {
    if let known, let kept = embedded.likes(named: "gradients", in: known) {
      gradients = try kept.map { try waiting?.kept($0) ?? $0 }
    } else {
      gradients = try pace.doing(parts: sequences.parts) { try upstream(states, pace.pause) }
    }
    states = []
  }

  // MARK: Back

  /// Goes back through the blocks, and writes a checkpoint where it is stopped.
  mutating func goBack(
    track: Track,
    output: Output,
    visit: Visit,
    leave: (BlockStep) throws -> Void
  ) throws {
    do {
      switch keeping {
      case .activations: try goBackThroughRecorded(output, visit, leave)
      case .inputs: try goBackFromInputs(track, output, visit, leave)
      }
    } catch let error as Cancelled {
      if isBetweenPieces, progress != start {
        try checkpoint?.write(progress, gradients.named("gradients"))
      }
      throw error
    }
  }

  private mutating func goBackThroughRecorded(
    _ output: Output,
    _ visit: Visit,
    _ leave: (BlockStep) throws -> Void
  ) throws {
    while let (step, passes) = recorded.popLast() {
      try pace.begin(parts: partsBack)
      begin(step)
      for (index, pass) in passes.enumerated().dropFirst(progress.pieces) {
        try goBack(step, index, pass, output, visit)
      }
      try finish(step, leave)
      traversal.model.advise(step.shape, .notForNow)
    }
  }

  private mutating func goBackFromInputs(
    _ track: Track,
    _ output: Output,
    _ visit: Visit,
    _ leave: (BlockStep) throws -> Void
  ) throws {
    let traversal = traversal
    try traversal.eachBlock(of: blocks.reversed(), parts: partsBack, in: pace) { step in
      guard let entering = inputs.removeValue(forKey: step.number) else { return }
      begin(step)
      for (index, input) in entering.enumerated().dropFirst(progress.pieces) {
        try goBack(step, index, record(step, index, input, track), output, visit)
      }
      try finish(step, leave)
    }
  }

  private mutating func begin(_ step: BlockStep) {
    // Closed blocks are skipped.
    let blocks = blocksBefore[step.number] ?? progress.blocks
    if blocks > progress.blocks { progress = PassCheckpoint.Progress(blocks: blocks) }
  }

  private mutating func goBack(
    _ step: BlockStep,
    _ batch: Int,
    _ pass: BlockPass,
    _ output: Output,
    _ visit: Visit
  ) throws {
    var gradient = gradients[batch]
    if let more = try output(step, batch, pass.output.detached()) {
      gradient = try gradient + more
    }
    let found = try step.pace.doing(parts: 2 * sequences.parts(ofBatch: batch), isWayBack: true) {
      try pass.gradients(upstream: gradient)
    }
    isBetweenPieces = false
    if let input = found.input { gradients[batch] = try waiting?.kept(input) ?? input }
    try visit(step, batch, found.leaves)
    progress.pieces = batch + 1
    isBetweenPieces = true
    try checkpoint?.reached(progress) { gradients.named("gradients") }
  }

  private mutating func finish(_ step: BlockStep, _ leave: (BlockStep) throws -> Void) throws {
    isBetweenPieces = false
    try leave(step)
    progress = PassCheckpoint.Progress(blocks: progress.blocks + 1)
    isBetweenPieces = true
  }
}
