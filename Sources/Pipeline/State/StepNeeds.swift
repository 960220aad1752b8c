package import BillhookCore

/// What steps need to estimate the memory and disk space that they take, before anything is
/// computed.
package struct StepNeeds {
  let inputs: PlanInputs
  /// The model as it was opened, which steps may compare with or learn from; nil where it is the model that
  /// they begin with.
  let opened: LanguageModel?
  /// Where it is computed, and within which memory.
  private let context: RunContext
  /// Whether the data is assumed to be a single window; there is no estimate then for what uses no
  /// data.
  let isShort: Bool

  package init(
    _ inputs: PlanInputs,
    beside opened: LanguageModel? = nil,
    on device: Device = .cpu,
    within limit: Int? = nil,
    ofOneWindow isShort: Bool = false
  ) {
    self.inputs = inputs
    self.opened = opened
    self.isShort = isShort
    context = RunContext(device: device, dtype: inputs.model.dtype, memory: limit, scratch: "")
  }

  /// The device that it is computed on.
  var device: Device { context.device }

  /// The bytes of memory that may be taken; nil where nobody knows how many there are.
  var limit: Int? { context.memory }

  /// The memory of traversals of a model.
  func traversal(of model: LanguageModel) -> TraversalMemory { TraversalMemory(model, context) }

  /// How much data there is, as far as its settings say; none for no data.
  func load(_ key: String?) -> TraversalMemory.Load {
    if let size = key.flatMap(inputs.sizes.size) {
      let tokens = isShort ? size.longest : size.tokens
      return TraversalMemory.Load(tokens: tokens, window: size.longest)
    }
    guard let step = key.flatMap({ inputs.data[$0] }), let length = step.windows.length else {
      return TraversalMemory.Load(tokens: isShort && key != nil ? 1 : nil)
    }
    let window = length + (step.windows.bos == .every ? 1 : 0)
    let tokens = step.windows.samples.map { $0 * window }
    return TraversalMemory.Load(tokens: isShort ? window : tokens, window: window)
  }

  /// The tokens in a window of data that a training uses; where the settings do not tell, as many
  /// as make a micro-batch of the usual size.
  func window(of key: String, for recovery: any TrainingRecovery) -> Int {
    inputs.data[key]?.windows.length
      ?? max(1, TokenBatch.tokensToTrainOn / (recovery.training.microBatch ?? 1))
  }

  /// What gathering evidence block by block takes of memory, where the inputs of some projections are
  /// shown.
  func memory(
    gathering evidence: [any Evidence],
    of model: LanguageModel,
    on data: String,
    showing roles: Set<WeightRole> = WeightRole.projections
  ) throws -> MemoryEstimate {
    let memory = traversal(of: model)
    var estimate =
      switch Self.needsSamples(evidence) {
      case let onePerBatch?: try memory.estimate(load(data), onePerBatch: onePerBatch)
      case nil: try memory.estimate(load(data), seeing: .inputs)
      }
    estimate.bytes = estimate.bytes +| evidence.bytesPerBlock(of: model, showing: roles)
    return estimate
  }

  /// What that puts on disk: hidden states that wait, and what a later run goes on from.
  func onDisk(
    gathering evidence: [any Evidence],
    of model: LanguageModel,
    on data: String
  ) throws -> Int {
    let memory = traversal(of: model)
    return switch Self.needsSamples(evidence) {
    case let onePerBatch?: try memory.onDisk(load(data), onePerBatch: onePerBatch)
    case nil: try memory.onDiskOfSequential(load(data))
    }
  }

  /// Whether each sample's own gradient is asked for; nil where no gradients are.
  private static func needsSamples(_ evidence: [any Evidence]) -> Bool? {
    let gradients = evidence.compactMap { $0 as? any GradientEvidence }
    return gradients.isEmpty ? nil : gradients.contains { $0.needsSamples }
  }
}

extension TraversalMemory.Load {
  /// The bytes of what evidence finds of all blocks, where they are held together.
  func results(of evidence: [any Evidence], on model: LanguageModel) -> Int {
    let windows = max(1, (tokens ?? 0) / max(1, window ?? 1))
    return evidence.compactMap { $0 as? any ActivationEvidence }
      .reduce(0) { $0 +| $1.bytesPerWindow(of: model) *| windows *| model.blocks.count }
  }
}

extension TraversalMemory {
  /// What `forward` takes by the method that it chooses.
  func estimate(
    _ load: Load,
    candidates: Int,
    keepsStates: Bool = false
  ) throws -> MemoryEstimate {
    let strategy = try forwardStrategy(load, candidates: candidates)
    let bytes =
      try forward(load, candidates: candidates, strategy)
      +| (keepsStates ? kept(load, candidates: candidates, strategy) : 0)
    var estimate = MemoryEstimate(bytes: bytes, isLeast: load.tokens == nil)
    if strategy.statesWaitOnDisk { estimate.method = "hidden states on disk" }
    return estimate
  }

  /// What `backward` takes by the method that it chooses.
  func estimate(_ load: Load, onePerBatch: Bool) throws -> MemoryEstimate {
    let strategy = try backwardStrategy(load, onePerBatch: onePerBatch)
    let bytes = try backward(load, onePerBatch: onePerBatch, strategy)
    var estimate = MemoryEstimate(bytes: bytes, isLeast: load.tokens == nil)
    switch strategy.keeping {
    case .activations: estimate.method = "activations kept"
    case .inputs: estimate.method = "blocks computed twice"
    }
    if strategy.statesWaitOnDisk { estimate.method? += ", hidden states on disk" }
    return estimate
  }

  /// What a `sequential` pass takes that measures gradients of sub-layers beside the same model.
  func estimate(
    refining load: Load,
    comparing: Int,
    changesWeights: Bool
  ) throws -> MemoryEstimate {
    let strategy = try sequentialStrategy(load, order: .module, beside: model)
    var estimate = MemoryEstimate(
      bytes: try refining(load, comparing: comparing, changesWeights: changesWeights, strategy),
      isLeast: load.tokens == nil
    )
    if strategy.statesWaitOnDisk { estimate.method = "hidden states on disk" }
    return estimate
  }

  /// What a `sequential` pass takes that changes nothing.
  func estimate(_ load: Load, seeing sight: BlockPassMemory.Sight) throws -> MemoryEstimate {
    let strategy = try sequentialStrategy(load)
    var estimate = MemoryEstimate(
      bytes: try sequential(load, seeing: sight, strategy),
      isLeast: load.tokens == nil
    )
    if strategy.statesWaitOnDisk { estimate.method = "hidden states on disk" }
    return estimate
  }
}
