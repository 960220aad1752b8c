package import BillhookModels
package import BillhookTorch

/// The peak memory of a training, in bytes, computed from the shapes of a model's blocks
/// (`PassMemory`).
///
/// Not counted: the program with libtorch, and files that are mapped and used in place.
package struct TrainingMemory: Equatable {
  /// The trained values in f32 with their masks, and the state of the optimiser.
  let trained: Int
  /// The gradients of the trained values, in f32.
  let gradients: Int
  /// The memory of one micro-batch: with everything kept that gradients need, and with blocks
  /// recomputed.
  let kept: Int
  let recomputed: Int
  /// The memory of measuring the held-out windows; 0 without any.
  let measured: Int

  /// What is trained, and on what.
  package struct Load {
    /// The number of trained elements.
    package var count: Int
    /// The weights that they are, or belong to.
    package var weights: Set<WeightID>
    /// Whether they are the weights themselves, which then lie in memory in f32.
    package var areWhole: Bool
    /// The bytes per token that gradients need in a block in addition to those of the block itself.
    package var added = 0
    /// Whether updates of weights that have a mask are masked.
    package var areMasked = true
    /// What is learnt from in addition to the data.
    package var distillation: Distillation?
    /// The tokens of the largest micro-batch, padding included, and of its windows.
    package var tokens: Int
    package var window: Int
    /// Whether a step has several micro-batches, whose gradients are accumulated.
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
  ///   - device: Where it runs.
  /// - Throws: `FileError` when a model's weights cannot be looked at.
  package init(
    _ model: LanguageModel,
    _ load: Load,
    dtype: DType,
    on device: Device = .cpu
  ) throws {
    let tokens = BlockPassMemory.Tokens(count: load.tokens, window: load.window, dtype: dtype)
    let pass = try PassMemory(
      model,
      tokens,
      on: device,
      live: load.areWhole ? load.weights : []
    ) { block in Set(load.weights.filter { $0.block == block.sourceIndex }.map(\.role)) }
    let gradients = load.count *| 4
    let masks = try MaskedTraining(model, load, dtype: dtype)
    trained = load.count *| 12 +| masks.held
    self.gradients = gradients
    let own = load.areWhole ? load.weights.filter { $0.block == nil } : []
    let ownsTable = own.contains { $0.role == model.configuration.exitTable }
    let reachesInput = own.contains { $0.role == .embedding }
    // Nothing is kept of blocks before the first in which something is trained.
    let numbers = Set(load.weights.compactMap(\.block))
    let first = model.blocks.firstIndex { reachesInput || numbers.contains($0.sourceIndex) }
    let start = first ?? pass.blocks.count
    let recorded = zip(model.blocks, pass.blocks).dropFirst(start).map { block, pass in
      pass.kept +| pass.weights +| masks.merged(inBlock: block.sourceIndex)
    }
    let added = load.tokens *| load.added
    // A block's gradients as they are computed, where they are not those that are kept.
    let ofBlock =
      load.areWhole ? pass.most(\.elements) : load.count / max(1, numbers.count)
    let coming = load.addsUp || dtype != .float32 ? ofBlock *| dtype.byteCount : 0
    // Those of earlier micro-batches are kept, and those of the exit come before those of blocks.
    let earlier = load.addsUp ? gradients : 0
    let before = load.addsUp ? gradients : ownsTable ? 4 * pass.tableElements : 0
    let exit = pass.exit(
      ownsTable ? .ownGradients : .gradients,
      holding: load.distillation.map { $0.copies } ?? CrossEntropy().copies
    )
    let taught = try load.distillation.flatMap { try Taught($0, tokens, on: device) }
    /// The peak of a pass that holds so much when the backward pass begins, and so much more for the
    /// current block: as blocks are freed, gradients take their place.
    func peak(_ held: Int, _ atHand: Int) -> Int {
      let start = held +| max(exit +| earlier, before +| atHand)
      let step = (taught?.held ?? 0) +| max(start, gradients +| atHand)
      return max(step, (taught?.running ?? 0) +| earlier)
    }
    let backward = pass.most(\.backward) +| coming +| masks.passing
    let graph = recorded.reduce(2 *| pass.states) { $0 +| $1 +| added }
    kept = peak(graph, backward)
    recomputed = peak(
      pass.states *| (recorded.count + 2),
      backward +| max(pass.most { $0.kept +| $0.weights }, recorded.max() ?? 0) +| added
    )
    measured = try load.heldOut == 0 ? 0 : Self.measuring(model, load, dtype, device, pass)
  }

  /// The loss of the model as it would be saved: updates are merged into copies of a block's weights.
  private static func measuring(
    _ model: LanguageModel,
    _ load: Load,
    _ dtype: DType,
    _ device: Device,
    _ pass: PassMemory
  ) throws -> Int {
    let copies =
      load.areWhole
      ? 0 : pass.most { $0.elements * dtype.byteCount - $0.weights } +| 2 * pass.largestMatrix
    let tokens = TraversalMemory.Load(tokens: load.heldOut, window: load.window)
    return try TraversalMemory(model, dtype: dtype, device: device).forward(tokens) +| copies
  }

  /// The memory of a teacher.
  private struct Taught {
    /// While it runs.
    let running: Int
    /// Until the end of the step: its states at the exit, its table, and its states at blocks.
    let held: Int

    /// Nil where what it predicts was kept, which is read from the disk piece by piece.
    init?(
      _ distillation: Distillation,
      _ tokens: BlockPassMemory.Tokens,
      on device: Device
    ) throws {
      guard case .model(let teacher) = distillation.teacher else { return nil }
      let pass = try PassMemory(teacher, tokens, on: device)
      let places = distillation.comparesStates ? teacher.blocks.count : 0
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

  /// All activations, where there is memory for it; where nobody knows how much there is, blocks are
  /// computed again.
  func keeping(within memory: Int?) -> KeptOfBlocks {
    guard let limit = memory else { return .inputs }
    return total(.activations) <= limit ? .activations : .inputs
  }

  /// What a training with these settings takes.
  package func total(_ activations: TrainingSettings.Activations?, within memory: Int?) -> Int {
    total(activations.map(KeptOfBlocks.init) ?? keeping(within: memory))
  }
}
