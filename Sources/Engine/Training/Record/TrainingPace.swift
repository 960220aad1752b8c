import Synchronization

/// Reports progress inside a training step, for steps that take long.
final class TrainingPace: Sendable {
  private let outer: RunContext
  private let steps: Int
  private let state = Mutex(State())

  fileprivate struct State {
    /// The step that this run of the training began at.
    var first: Int?
    /// The number of steps that are done.
    var step = 0
    /// How many micro-batches of the step are done, and how many there are; 0 between steps.
    var batch = (done: 0, count: 0)
    /// The share of the micro-batch that is done.
    var share = 0.0
    var told = ContinuousClock.now
  }

  /// Makes the progress of a training of `steps` steps.
  init(_ context: RunContext, steps: Int) {
    outer = context
    self.steps = steps
  }

  /// Begins a micro-batch.
  func begin(step: Int, microBatch: Int, of count: Int) {
    state.withLock { state in
      state.first = state.first ?? step
      state.step = step
      state.batch = (microBatch, count)
      state.share = 0
    }
  }

  /// Begins work between two steps.
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
  /// The shortest time between two reports; steps shorter than this report progress themselves.
  private static let interval = Duration.seconds(1)
  /// How many parts of the reported progress a step counts as.
  private static let parts = 1000

  /// The progress to report when a share of a pass is done; nil when it is too early.
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
