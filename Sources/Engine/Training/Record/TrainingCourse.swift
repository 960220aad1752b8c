import BillhookFiles
import BillhookTorch
/// The progress of a training and the files that record it: checkpoints, the best weights, the log.
struct TrainingCourse {
  private(set) var progress = TrainingCheckpoint.Progress()
  private let trainee: any Trainee
  private let observers: [any TrainingObserver]
  private let settings: TrainingSettings
  private let stepCount: Int
  private let context: RecoveryContext
  private let checkpoint: TrainingCheckpoint
  private let best: TrainingCheckpoint
  private var log: TrainingLog
  private var saved: (progress: TrainingCheckpoint.Progress, time: ContinuousClock.Instant)
  private var last: TrainingProgress?
  private var stepStart = ContinuousClock.now

  /// Begins, or resumes after the last checkpoint.
  init(
    _ trainee: any Trainee,
    _ observers: [any TrainingObserver],
    _ settings: TrainingSettings,
    _ stepCount: Int,
    _ context: RecoveryContext
  ) throws {
    self.trainee = trainee
    self.observers = observers
    self.settings = settings
    self.stepCount = stepCount
    self.context = context
    checkpoint = TrainingCheckpoint(in: context.folder, named: "checkpoint")
    best = TrainingCheckpoint(in: context.folder, named: "best")
    func tell(_ note: String) { context.run.progress(.note(note)) }
    do {
      if context.run.processes.leads,
        let found = try Self.restored(checkpoint, best, trainee, observers, stepCount)
      {
        progress = found
        tell("goes on after step \(progress.step) of \(stepCount)")
      }
    } catch let damage as TrainingCheckpoint.Damage {
      tell("\(damage), so it is not used, and the training begins anew")
    }
    progress = try Self.shared(progress, trainee, observers, by: context.run.processes)
    saved = (progress, ContinuousClock.now)
    log = try TrainingLog(
      "\(context.folder)/\(TrainingOutcome.logName)",
      context.log.map { try context.run.sinks(of: $0) } ?? [],
      through: progress,
      heedDamage: tell
    )
  }

  /// Restores everything as it was at the last checkpoint; nil where there is none.
  ///
  /// - Throws: `TrainingCheckpoint.Damage` when something is not what the training wrote; then
  ///   nothing was restored.
  private static func restored(
    _ checkpoint: TrainingCheckpoint,
    _ best: TrainingCheckpoint,
    _ trainee: any Trainee,
    _ observers: [any TrainingObserver],
    _ stepCount: Int
  ) throws -> TrainingCheckpoint.Progress? {
    guard checkpoint.exists else { return nil }
    let opened = try checkpoint.open(
      for: trainee.tensors,
      observers,
      withOptimizer: true,
      stepCount: stepCount
    )
    if let loss = opened.progress.best {
      _ = try best.open(for: trainee.tensors, ofLoss: loss, stepCount: stepCount)
    }
    try checkpoint.restore(opened, into: trainee.tensors, observers, withOptimizer: true)
    return opened.progress
  }

  /// Brings what process 0 restored to all processes that share the training.
  private static func shared(
    _ progress: TrainingCheckpoint.Progress,
    _ trainee: any Trainee,
    _ observers: [any TrainingObserver],
    by processes: ProcessGroup
  ) throws -> TrainingCheckpoint.Progress {
    guard processes.size > 1 else { return progress }
    try processes.meet(at: "the beginning of a training")
    let numbers = try Tensor([
      Double(progress.step), Double(progress.measured ?? -1), progress.best ?? .infinity,
    ])
    try processes.broadcast([numbers])
    let found = try numbers.doubles()
    if found[0] > 0 {
      try processes.broadcast(
        TrainingCheckpoint.entries(trainee.tensors, observers, true).map(\.tensor)
      )
    }
    guard !processes.leads else { return progress }
    var progress = TrainingCheckpoint.Progress()
    progress.step = Int(found[0])
    progress.measured = found[1] < 0 ? nil : Int(found[1])
    progress.best = found[2].isFinite ? found[2] : nil
    return progress
  }

  /// Records a step after its update.
  mutating func took(_ step: TrainingProgress) throws {
    var step = step
    let now = ContinuousClock.now
    step.seconds = (now - stepStart).seconds
    stepStart = now
    progress.step = step.step
    last = step
    context.run.progress(.trained(step))
    try log.append(step.json)
  }

  /// Measures the held-out loss, if that is due at this step.
  mutating func measureIfDue(_ loss: () throws -> Double?) throws {
    let every = settings.evaluateEvery ?? max(1, stepCount / 10)
    // Also before the first step: those are the weights that the training has to beat.
    let isDue = progress.step == stepCount || progress.step % every == 0
    guard isDue, progress.step > progress.measured ?? -1, let loss = try loss() else { return }
    let when = progress.step == 0 ? "before step 1" : "after step \(progress.step)"
    guard loss.isFinite else { throw fault("\(when) the held-out loss is \(rounded(loss))") }
    try log.append(["step": .number(JSONNumber(progress.step)), "held_out_loss": json(loss)])
    context.run.progress(.remark("held-out loss \(rounded(loss)) \(when)"))
    progress.measured = progress.step
    if settings.result == .best, loss < progress.best ?? .infinity {
      progress.best = loss
      guard context.run.processes.leads else { return }
      try best.write(trainee.tensors, [], at: progress, withOptimizer: false)
    }
    stepStart = ContinuousClock.now
  }

  /// Writes a checkpoint, if one is due.
  mutating func writeCheckpointIfDue() throws {
    let seconds = (ContinuousClock.now - saved.time).seconds
    guard progress.step < stepCount,
      settings.checkpoint.isDue(steps: progress.step - saved.progress.step, seconds: seconds)
    else { return }
    try writeCheckpoint()
  }

  /// Writes a checkpoint, from which the training can go on.
  mutating func writeCheckpoint() throws {
    guard progress != saved.progress, context.run.processes.leads else { return }
    try log.sync()
    progress.log = log.mark
    try checkpoint.write(trainee.tensors, observers, at: progress, withOptimizer: true)
    saved = (progress, ContinuousClock.now)
    stepStart = saved.time
  }

  /// Ends the training, with the last or the best weights.
  mutating func end() throws {
    var result = progress.step
    if settings.result == .best, let loss = progress.best, context.run.processes.leads {
      let opened: TrainingCheckpoint.Opened
      do {
        opened = try best.open(for: trainee.tensors, ofLoss: loss, stepCount: stepCount)
      } catch let damage as TrainingCheckpoint.Damage {
        throw TrainingError("\(damage), so the best weights are lost; start again")
      }
      try best.restore(opened, into: trainee.tensors, [], withOptimizer: false)
      result = opened.progress.step
      let which = result == 0 ? "before step 1" : "after step \(result)"
      context.run.progress(.remark("the weights \(which) were the best"))
    }
    try log.append(["result": .number(JSONNumber(result))])
    let step = TrainingStep(
      number: stepCount - 1,
      count: stepCount,
      learningRate: last?.learningRate ?? 0,
      tensors: trainee.tensors,
      model: trainee.current
    )
    for observer in observers { try observer.trainingEnded(step) }
    try log.finish()
  }

  /// The error for a loss or gradients that are NaN or infinite although all stored weights are
  /// finite.
  func fault(_ what: String) -> TrainingError {
    let kept =
      checkpoint.exists
      ? "; the checkpoint of step \(saved.progress.step) stays in \(context.folder)" : ""
    guard progress.step > 0 else {
      return TrainingError(
        "\(what), though all weights are finite and none was changed yet: "
          + context.run.dtype.adviceOnOverflow
      )
    }
    return TrainingError(
      "\(what); lower `learning_rate` (\(settings.learningRate)), or lengthen `warmup`\(kept)"
    )
  }

  private func json(_ value: Double) -> JSON { JSONNumber(value).map(JSON.number) ?? .null }
}
