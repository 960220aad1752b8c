import BillhookFiles
public import BillhookModels
import BillhookTorch

/// The training loop, which every recovery that trains step by step uses.
public struct Training {
  private let trainee: any Trainee
  /// The model as it was before the first step.
  private let start: LanguageModel
  private let objective: any TrainingObjective
  private let settings: TrainingSettings
  private let context: RecoveryContext
  private let observers: [any TrainingObserver]
  private let windows: [TokenWindow]
  private let heldOut: TokenSet?
  private var order: TrainingOrder
  private let rates: LearningRate
  private let pass: TrainingPass
  private let pace: TrainingPace
  /// Whether the step that is being taken has changed values, or what observers know.
  private var hasChanges = false

  /// Prepares a training on the next-token loss.
  ///
  /// - Parameters:
  ///   - trainee: What is trained.
  ///   - tokens: The training data.
  ///   - settings: The settings.
  ///   - epochs: The number of epochs where the settings do not say how long to train.
  ///   - distillation: The teacher to learn from in addition; nil for the data alone.
  ///   - observers: The observers, in the order in which they are called; those of the context are
  ///     called after them.
  ///   - context: Where the training runs, and where it keeps checkpoints.
  /// - Throws: `TrainingError` when there is nothing to train or too little to train on.
  public init(
    _ trainee: any Trainee,
    on tokens: TokenSet,
    _ settings: TrainingSettings,
    epochs: Int,
    distillation: Distillation? = nil,
    observers: [any TrainingObserver] = [],
    _ context: RecoveryContext
  ) throws {
    guard !trainee.tensors.isEmpty else {
      throw TrainingError("the model has none of the weights that are to be trained")
    }
    guard context.run.dtype != .float16 else {
      throw TrainingError(TrainingError.tooShortForGradients)
    }
    self.trainee = trainee
    start = trainee.running.asStored
    objective = distillation?.staying(in: context.run) ?? NextToken()
    self.settings = settings
    self.context = context
    self.observers = observers + context.observers
    (windows, heldOut) = try tokens.split(holdingOut: settings.heldOut ?? 0, settings.seed)
    order = try TrainingOrder(windows, settings, epochs: epochs)
    do throws(ParameterProblem) {
      rates = try LearningRate(settings, steps: order.stepCount)
    } catch {
      throw TrainingError(error.message)
    }
    let batches = windows.microBatches(
      of: settings.microBatch,
      sharingFrequenciesIn: trainee.running
    )
    var load = TrainingMemory.Load(
      count: trainee.tensors.reduce(0) { $0 + $1.value.elementCount },
      of: Set(trainee.tensors.map(\.weight)),
      areWhole: trainee.trainsWeights,
      tokens: batches.map { $0.windows.count * $0.length }.max() ?? 0,
      window: batches.map(\.length).max() ?? 0
    )
    load.added = trainee.addedBytes(in: context.run.dtype)
    load.areMasked = trainee.masksUpdates
    load.distillation = distillation
    load.addsUp = settings.batch > batches.map(\.windows.count).max() ?? 0
    load.heldOut = heldOut?.windows.reduce(0) { $0 + $1.tokens.count } ?? 0
    let memory = try TrainingMemory(
      trainee.running,
      load,
      dtype: context.run.dtype,
      on: context.run.device
    )
    pace = TrainingPace(context.run, steps: order.stepCount)
    pass = TrainingPass(
      trainee,
      objective,
      keeping: settings.activations.map(KeptOfBlocks.init)
        ?? memory.keeping(within: context.run.memory),
      pace.context
    )
  }

  /// Trains, from the beginning or from the last checkpoint in the context's folder.
  ///
  /// - Returns: The trained model, whose new weights are in the context's folder.
  /// - Throws: At the first loss that is NaN or infinite, `BrokenWeight` where a stored weight is
  ///   the reason, else `TrainingError`; the last checkpoint stays.
  public mutating func run() throws -> LanguageModel {
    try FileSystem.makeDirectory(context.folder)
    let processes = context.run.processes
    let optimizer = AdamW(trainee.tensors, settings)
    var course = try TrainingCourse(trainee, observers, settings, order.stepCount, context)
    do {
      while true {
        pace.leaveStep(at: course.progress.step)
        try course.measureIfDue { try heldOut.map(measure) }
        guard course.progress.step < order.stepCount else { break }
        try context.run.checkCancelled()
        try takeStep(optimizer, &course)
        try course.writeCheckpointIfDue()
      }
    } catch let error where error is Cancelled || error is LostProcess {
      // A step that was not finished has changed nothing, unless it was stopped while observers see it.
      if !hasChanges { try course.writeCheckpoint() }
      throw error
    }
    try processes.requireSame(trainee.tensors)
    try course.end()
    // What is kept is process 0's.
    guard processes.leads else { return trainee.current }
    return try trainee.finished(at: "\(context.folder)/weights.safetensors")
  }

  private mutating func takeStep(_ optimizer: AdamW, _ course: inout TrainingCourse) throws {
    let number = course.progress.step
    let used = try order.windows(of: number)
    let seed = RandomSeed(settings.seed).derived("step \(number)")
    let batches = used.microBatches(of: settings.microBatch, sharingFrequenciesIn: trainee.running)
    let gates = try gates
    let processes = context.run.processes
    var losses: [Double] = []
    // Neighbours are about as long, so each process has about as much to do.
    for index in stride(from: processes.rank, to: batches.count, by: processes.size) {
      pace.begin(step: number, microBatch: index, of: batches.count)
      losses.append(
        try pass.run(batches[index], closing: gates, seed: seed.derived("\(index)"))
      )
    }
    if processes.size > 1 {
      try processes.meet(at: "the gradients of step \(number + 1)")
      let all = try processes.gather(losses)
      losses = batches.indices.map { all[$0 % processes.size][$0 / processes.size] }
      try processes.sumGradients(of: trainee.tensors)
    }
    let sum = losses.reduce(0, +)
    let targets = used.reduce(0) { $0 + $1.targetCount }
    let norm = try optimizer.prepare(targets: targets)
    let result = TrainingProgress(
      step: number + 1,
      steps: order.stepCount,
      loss: sum / Double(targets),
      learningRate: rates.rate(at: number),
      gradientNorm: norm,
      tokens: used.reduce(0) { $0 + $1.tokens.count }
    )
    guard result.loss.isFinite, norm.isFinite else {
      try requireFiniteWeights()
      throw course.fault(
        "step \(result.step): the loss is \(rounded(result.loss)) and the gradients' norm "
          + rounded(norm)
      )
    }
    let step = TrainingStep(
      number: number,
      count: order.stepCount,
      learningRate: result.learningRate,
      tensors: trainee.tensors,
      model: trainee.current
    )
    try show(step) { try $0.gradientsAreComplete(step) }
    hasChanges = true
    try optimizer.step(learningRate: result.learningRate)
    try show(step) { try $0.valuesChanged(step) }
    try course.took(result)
    hasChanges = false
  }

  /// What observers close.
  private var gates: Gates {
    get throws { try observers.reduce(Gates()) { try $0.closing($1.gates) } }
  }

  /// Shows a step to all observers; what they change is masked again.
  private mutating func show(
    _ step: TrainingStep,
    to observer: (any TrainingObserver) throws -> Void
  ) throws {
    guard !observers.isEmpty else { return }
    for one in observers {
      try observer(one)
      hasChanges = true
    }
    for tensor in step.tensors {
      try tensor.maskGradient()
      try tensor.maskValue()
    }
  }

  /// The mean loss over the held-out windows.
  private func measure(_ tokens: TokenSet) throws -> Double {
    let model = try trainee.current.closing(gates)
    let loss = try Traversal(model, pace.context).loss(on: tokens).mean
    if !loss.isFinite { try requireFiniteWeights() }
    return loss
  }

  /// Checks the weights that the training started with, before the training is blamed.
  private func requireFiniteWeights() throws {
    try start.requireFiniteWeights()
    for model in objective.models { try model.requireFiniteWeights() }
  }
}

extension KeptOfBlocks {
  init(_ activations: TrainingSettings.Activations) {
    switch activations {
    case .keep: self = .activations
    case .recompute: self = .inputs
    }
  }
}

extension TokenSet {
  /// Splits off some windows at random; both parts keep their order.
  ///
  /// Copies of a window that is held out, as mixtures have them, are in neither part: a training that saw
  /// them would know it.
  ///
  /// - Throws: `TrainingError` where nothing is left to train on.
  func split(holdingOut count: Int, _ seed: Int) throws -> (rest: [TokenWindow], held: TokenSet?) {
    guard count > 0 else { return (windows, nil) }
    if let problem = TrainingSettings.problem(holdingOut: count, of: windows.count) {
      throw TrainingError("`held_out = \(count)` \(problem)")
    }
    let generator = try Generator(seed: RandomSeed(seed).derived("held out").value)
    var (places, contents): (Set<Int>, Set<TokenWindow>) = ([], [])
    for place in try generator.permutation(of: windows.count).integers() where places.count < count
    {
      if contents.insert(windows[place]).inserted { places.insert(place) }
    }
    let held = windows.indices.filter(places.contains).map { windows[$0] }
    let rest = windows.filter { !contents.contains($0) }
    guard places.count == count, !rest.isEmpty else {
      throw TrainingError(
        "`held_out = \(count)` leaves nothing to train on: some of the "
          + "\(counted(windows.count, "window")) of the data are the same ones; hold out fewer"
      )
    }
    return (rest, TokenSet(held, note: note))
  }
}
