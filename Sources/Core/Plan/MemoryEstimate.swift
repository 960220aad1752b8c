import BillhookModels

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The memory that a step takes at its peak, as it is estimated before anything is computed.
public struct MemoryEstimate {
  /// The bytes beside the program itself.
  let bytes: Int
  /// Whether more data needs more, and only the data tells how much there is.
  let isLeast: Bool
  /// Which of several ways is gone, or what is assumed, in words; nil where there is only one.
  var way: String?

  /// The machine's physical memory in bytes.
  public static var ofMachine: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  /// The amount in words, for example `about 1.2 GB`.
  var text: String { "\(isLeast ? "at least" : "about") \(Self.shown(bytes))" }

  /// The way and the amount in words, which nobody takes for the size of what comes out.
  var fullText: String { (way.map { "\($0); " } ?? "") + "working memory \(text)" }

  /// Bytes with two digits.
  static func shown(_ bytes: Int) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    var value = Double(bytes) / 1000
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let digits = value < 9.95 ? (value * 10).rounded() / 10 : value.rounded()
    return digits < 9.95 ? "\(digits) \(units[unit])" : "\(Int(digits)) \(units[unit])"
  }
}

extension Plan {
  /// What a step takes of memory on a CPU; nil where nothing is known of it.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - model: The model that it is done on.
  ///   - limit: The bytes that may be taken; nil for half of the machine's.
  ///   - isShort: Whether the data is taken to be a single window; nothing is known then of what
  ///     uses no data.
  /// - Returns: The estimate.
  /// - Throws: `ModelError` when the model's weights cannot be looked at.
  func memory(
    of step: Step,
    on model: LanguageModel,
    within limit: Int? = nil,
    ofOneWindow isShort: Bool = false
  ) throws -> MemoryEstimate? {
    let context = RunContext(dtype: self.model.dtype, memory: limit, scratch: "")
    let memory = TraversalMemory(model, context)
    func load(_ key: String) -> TraversalMemory.Load {
      var load = self.load(key)
      if isShort { load.tokens = load.window ?? 1 }
      return load
    }
    switch step {
    case .score(let step):
      return try estimate([step], model, memory, step.data.map(load))
    case .prune(let step) where step.scorings.isEmpty: return nil
    case .prune(let step):
      return try estimate(
        step.scorings,
        model,
        memory,
        step.data.map(load),
        keepsStates: step.keepsStates
      )
    case .evaluate(let step):
      guard let data = step.data else {
        guard !isShort, let evaluation = step.evaluation as? any ModelEvaluation else { return nil }
        let bytes = evaluation.memory(of: model, dtype: self.model.dtype)
        return MemoryEstimate(bytes: bytes, isLeast: false)
      }
      return try memory.estimate(load(data), candidates: 0)
    case .save: return MemoryEstimate(bytes: try memory.saving(), isLeast: false)
    case .recover(let step):
      guard let recovery = step.recovery as? any TrainingRecovery else { return nil }
      let length = data[step.data]?.windows.length
      let needed = try recovery.memory(
        of: model,
        window: isShort ? length ?? 1 : window(of: step.data, for: recovery),
        dtype: self.model.dtype,
        microBatch: isShort ? 1 : nil
      )
      var estimate = MemoryEstimate(
        bytes: isShort
          ? needed.total(.inputs) : needed.total(recovery.training.activations, within: limit),
        isLeast: false
      )
      if length == nil, !isShort { estimate.way = "\(TokenBatch.tokensToTrainOn) tokens at once" }
      return estimate
    case .branch: return nil
    }
  }

  /// The tokens in a window of data that a training uses; where only the data tells, as many as make a
  /// micro-batch of the usual size.
  func window(of key: String, for recovery: any TrainingRecovery) -> Int {
    data[key]?.windows.length
      ?? max(1, TokenBatch.tokensToTrainOn / (recovery.training.microBatch ?? 1))
  }

  private func estimate(
    _ steps: [ScoreStep],
    _ model: LanguageModel,
    _ memory: TraversalMemory,
    _ load: TraversalMemory.Load?,
    keepsStates: Bool = false
  ) throws -> MemoryEstimate {
    let criterion = steps[0].criterion
    let evidence = criterion.evidence
    let gradients = evidence.compactMap { $0 as? any GradientEvidence }
    let load = load ?? TraversalMemory.Load()
    if !gradients.isEmpty {
      return try memory.estimate(load, onePerBatch: gradients.contains { $0.needsSamples })
    }
    if !evidence.isEmpty {
      let walks = evidence.contains { $0 is any RemovalEvidence }
      let count = steps.flatMap { $0.unit.units(of: model) }.reduce(0) { $0 + $1.count }
      return try memory.estimate(
        load,
        candidates: walks ? count : 0,
        keepsStates: walks && keepsStates
      )
    }
    let isOfWeights = criterion is any SaliencyCriterion
    return MemoryEstimate(bytes: isOfWeights ? memory.weights() : 0, isLeast: false)
  }

  /// The hidden states that a step puts on disk, as far as settings tell; 0 where memory holds them.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - model: The model that it is done on.
  ///   - limit: The bytes of memory that may be taken; nil for half of the machine's.
  /// - Returns: Bytes in the scratch folder.
  /// - Throws: `ModelError` when the model's weights cannot be looked at.
  func spilled(by step: Step, on model: LanguageModel, within limit: Int?) throws -> Int {
    let context = RunContext(dtype: self.model.dtype, memory: limit, scratch: "")
    let memory = TraversalMemory(model, context)
    switch step {
    case .score(let step): return try spilled(by: [step], on: model, memory)
    case .prune(let step): return try spilled(by: step.scorings, on: model, memory)
    case .evaluate(let step):
      return try step.data.map { try memory.spilled(load($0), candidates: 0) } ?? 0
    case .recover, .save, .branch: return 0
    }
  }

  private func spilled(
    by steps: [ScoreStep],
    on model: LanguageModel,
    _ memory: TraversalMemory
  ) throws -> Int {
    // Units that are named need no scores.
    guard let step = steps.first, let data = step.data else { return 0 }
    let evidence = step.criterion.evidence
    guard !evidence.isEmpty else { return 0 }
    let gradients = evidence.compactMap { $0 as? any GradientEvidence }
    guard gradients.isEmpty else {
      let onePerBatch = gradients.contains { $0.needsSamples }
      return try memory.spilled(load(data), onePerBatch: onePerBatch)
    }
    let walks = evidence.contains { $0 is any RemovalEvidence }
    let count = steps.flatMap { $0.unit.units(of: model) }.reduce(0) { $0 + $1.count }
    return try memory.spilled(load(data), candidates: walks ? count : 0)
  }

  /// How much data there is, as far as its settings say.
  private func load(_ key: String) -> TraversalMemory.Load {
    guard let step = data[key], let length = step.windows.length else {
      return TraversalMemory.Load()
    }
    let window = length + (step.windows.bos == .every ? 1 : 0)
    return TraversalMemory.Load(
      tokens: step.windows.samples.map { $0 * window },
      window: window
    )
  }
}

extension TraversalMemory {
  /// What `forward` takes on the way that it goes.
  fileprivate func estimate(
    _ load: Load,
    candidates: Int,
    keepsStates: Bool = false
  ) throws -> MemoryEstimate {
    let way = try forwardWay(load, candidates: candidates)
    let bytes =
      try forward(load, candidates: candidates, way)
      +| (keepsStates ? kept(load, candidates: candidates, way) : 0)
    var estimate = MemoryEstimate(bytes: bytes, isLeast: load.tokens == nil)
    if way.statesWaitOnDisk { estimate.way = "hidden states on disk" }
    return estimate
  }

  /// What `backward` takes on the way that it goes.
  fileprivate func estimate(_ load: Load, onePerBatch: Bool) throws -> MemoryEstimate {
    let way = try backwardWay(load, onePerBatch: onePerBatch)
    let bytes = try backward(load, onePerBatch: onePerBatch, way)
    var estimate = MemoryEstimate(bytes: bytes, isLeast: load.tokens == nil)
    switch way.keeping {
    case .activations: estimate.way = "activations kept"
    case .inputs: estimate.way = "blocks computed twice"
    }
    if way.statesWaitOnDisk { estimate.way? += ", hidden states on disk" }
    return estimate
  }
}
