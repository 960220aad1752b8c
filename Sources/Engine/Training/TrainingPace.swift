import Synchronization

/// Tells how far a training is inside of a step, for steps that take long.
final class TrainingPace: Sendable {
  private let outer: RunContext
  private let steps: Int
  private let state = Mutex(State())

  fileprivate struct State {
    /// The step that this run of the training began with.
    var first: Int?
    /// The steps that are done.
    var step = 0
    /// The micro-batches of the step that are done, and how many there are; 0 outside of steps.
    var batch = (done: 0, count: 0)
    /// How much of the micro-batch is done.
    var share = 0.0
    var told = ContinuousClock.now
  }

  /// The pace of a training of so many steps.
  init(_ context: RunContext, steps: Int) {
    outer = context
    self.steps = steps
  }

  /// Begins with a micro-batch.
  func begin(step: Int, microBatch: Int, of count: Int) {
    state.withLock { state in
      state.first = state.first ?? step
      state.step = step
      state.batch = (microBatch, count)
      state.share = 0
    }
  }

  /// Begins with something between two steps.
  func leaveStep(at step: Int) { begin(step: step, microBatch: 0, of: 0) }

  /// The context for the passes of the training.
  var context: RunContext {
    var context = outer
    context.progress = { [self] event in
      guard case .advanced(let done, let count) = event, count > 0 else { return }
      let told = state.withLock { $0.tell(Double(done) / Double(count), steps: steps) }
      if let told { outer.progress(told) }
    }
    return context
  }
}

extension TrainingPace.State {
  /// Steps that are short tell enough themselves.
  private static let interval = Duration.seconds(1)
  /// What a step counts as.
  private static let parts = 1000

  /// What is to be told when a share of a pass is done; nil for nothing now.
  fileprivate mutating func tell(_ share: Double, steps: Int) -> ProgressEvent? {
    // A micro-batch may be several passes, such as a teacher's.
    self.share = max(self.share, share)
    guard ContinuousClock.now - told > Self.interval, let first else { return nil }
    told = .now
    let ofStep =
      batch.count > 0 ? (Double(batch.done) + self.share) / Double(batch.count) : 0
    let done = (step - first) * Self.parts + Int(ofStep * Double(Self.parts))
    return .advanced(done: done, of: max(1, steps - first) * Self.parts)
  }
}
