package import BillhookModels
package import BillhookTorch

/// What a training holds in memory at its peak, in bytes, by the shapes of a model's blocks
/// (`PassMemory`).
///
/// Not counted: the program with libtorch, and files that are mapped and used in place.
package struct TrainingMemory: Equatable {
  /// What is trained, in f32, and what the optimiser remembers of it.
  let trained: Int
  /// The gradients of what is trained, in f32.
  let gradients: Int
  /// What the pass of one micro-batch holds with everything that gradients need kept, and with blocks
  /// computed again.
  let kept: Int
  let recomputed: Int
  /// What measuring the held-out windows holds; nothing where there are none.
  let measured: Int

  /// What is trained, and on what.
  package struct Load {
    /// The number of trained elements.
    package var count: Int
    /// The weights that they are, or belong to.
    package var weights: Set<WeightID>
    /// Whether they are the weights themselves, which then lie in memory in f32.
    package var areWhole: Bool
    /// The bytes that gradients need of one token in a block besides the block's own.
    package var added = 0
    /// What is learnt from besides the data.
    package var distillation: Distillation?
    /// The tokens of the largest micro-batch, filled up, and of its windows.
    package var tokens: Int
    package var window: Int
    /// Whether a step has more than one, whose gradients add up.
    package var addsUp = false
    /// The tokens of held-out windows.
    package var heldOut = 0

    package init(
      count: Int,
      of weights: Set<WeightID>,
      areWhole: Bool,
      tokens: Int,
      window: Int
    ) {
      self.count = count
      self.weights = weights
      self.areWhole = areWhole
      self.tokens = tokens
      self.window = window
    }
  }

  /// Adds up shapes.
  ///
  /// - Parameters:
  ///   - model: The model that passes run through.
  ///   - load: What is trained.
  ///   - dtype: The type of the arithmetic.
  /// - Throws: `FileError` when a model's weights cannot be looked at.
  package init(_ model: LanguageModel, _ load: Load, dtype: DType) throws {
    let tokens = BlockPassMemory.Tokens(count: load.tokens, window: load.window, dtype: dtype)
    let pass = try PassMemory(
      model,
      tokens,
      on: .cpu,
      live: load.areWhole ? load.weights : []
    ) { block in Set(load.weights.filter { $0.block == block.sourceIndex }.map(\.role)) }
    let gradients = load.count *| 4
    trained = load.count *| 12
    self.gradients = gradients
    let own = load.areWhole ? load.weights.filter { $0.block == nil } : []
    let ownsTable = own.contains { $0.role == model.configuration.exitTable }
    let reachesInput = own.contains { $0.role == .embedding }
    // Blocks before the first that anything is trained in are run and forgotten.
    let numbers = Set(load.weights.compactMap(\.block))
    let first = model.blocks.firstIndex { reachesInput || numbers.contains($0.sourceIndex) }
    let recorded = pass.blocks.dropFirst(first ?? pass.blocks.count)
    let added = load.tokens *| load.added
    // A block's gradients as they come, where they are not those that stay.
    let ofBlock =
      load.areWhole ? pass.most(\.elements) : load.count / max(1, numbers.count)
    let coming = load.addsUp || dtype != .float32 ? ofBlock *| dtype.byteCount : 0
    // Those of earlier micro-batches stay, and the exit's own come before the way back.
    let earlier = load.addsUp ? gradients : 0
    let before = load.addsUp ? gradients : ownsTable ? 4 * pass.tableElements : 0
    let exit = pass.exit(
      ownsTable ? .ownGradients : .gradients,
      distilled: load.distillation != nil
    )
    let taught = try load.distillation.map { try Taught($0, tokens) }
    /// What the pass holds at its peak that goes back with so much, of which a block at hand is part
    /// or not: as it goes, gradients come.
    func peak(_ held: Int, _ atHand: Int) -> Int {
      let start = held +| max(exit +| earlier, before +| atHand)
      let step = (taught?.held ?? 0) +| max(start, gradients +| atHand)
      return max(step, (taught?.running ?? 0) +| earlier)
    }
    let wayBack = pass.most(\.wayBack) +| coming
    let graph = recorded.reduce(2 *| pass.states) { $0 +| $1.kept +| $1.weights +| added }
    kept = peak(graph, wayBack)
    recomputed = peak(
      pass.states *| (recorded.count + 2),
      wayBack +| pass.most { $0.kept +| $0.weights } +| added
    )
    measured = try load.heldOut == 0 ? 0 : Self.measuring(model, load, dtype, pass)
  }

  /// The loss of the model as it would be saved: updates are merged into copies of a block's weights.
  private static func measuring(
    _ model: LanguageModel,
    _ load: Load,
    _ dtype: DType,
    _ pass: PassMemory
  ) throws -> Int {
    let copies =
      load.areWhole
      ? 0 : pass.most { $0.elements * dtype.byteCount - $0.weights } +| 2 * pass.largestMatrix
    let tokens = TraversalMemory.Load(tokens: load.heldOut, window: load.window)
    return try TraversalMemory(model, dtype: dtype, device: .cpu).forward(tokens) +| copies
  }

  /// What a teacher takes.
  private struct Taught {
    /// While it runs.
    let running: Int
    /// Until the step is over: its states at the exit, its table, and states of blocks.
    let held: Int

    init(_ distillation: Distillation, _ tokens: BlockPassMemory.Tokens) throws {
      let pass = try PassMemory(distillation.teacher, tokens, on: .cpu)
      let places = distillation.comparesStates ? distillation.teacher.blocks.count : 0
      held = pass.states *| (places + 1) +| pass.table
      running = held +| pass.most { $0.weights +| $0.states +| $0.inside }
    }
  }

  /// The bytes with activations kept or computed again.
  package func total(_ keeping: KeptOfBlocks) -> Int {
    let pass =
      switch keeping {
      case .activations: kept
      case .inputs: recomputed
      }
    return trained +| max(pass, measured)
  }

  /// All activations, where there is memory for it; nil for half of the machine's.
  func keeping(within memory: Int?) -> KeptOfBlocks {
    total(.activations) <= memory ?? Machine.memory / 2 ? .activations : .inputs
  }

  /// What a training with these settings takes.
  package func total(_ activations: TrainingSettings.Activations?, within memory: Int?) -> Int {
    total(activations.map(KeptOfBlocks.init) ?? keeping(within: memory))
  }
}
