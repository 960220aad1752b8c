import Synchronization

/// Remembers the last step of a training, to say at the end what became of it.
final class TrainingWatch: Sendable {
  private let last = Mutex<TrainingProgress?>(nil)
  private let outer: RunContext

  init(_ context: RunContext) { outer = context }

  /// The context for the training.
  var context: RunContext {
    var context = outer
    context.progress = { [self] event in
      if case .trained(let step) = event { last.withLock { $0 = step } }
      outer.progress(event)
    }
    return context
  }

  /// What became of it, in a few words; nothing where nothing went step by step.
  var summary: String {
    guard let step = last.withLock({ $0 }) else { return "" }
    return "loss \(rounded(step.loss)) at step \(step.step), "
      + "\(Int(step.tokensPerSecond)) tokens a second"
  }
}
