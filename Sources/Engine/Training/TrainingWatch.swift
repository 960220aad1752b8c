import BillhookFiles
import Synchronization

/// Remembers the last step of a training, to say at the end how fast it went.
package final class TrainingWatch: Sendable {
  private let last = Mutex<TrainingProgress?>(nil)
  private let outer: RunContext

  package init(_ context: RunContext) { outer = context }

  /// The context for the training.
  package var context: RunContext {
    var context = outer
    context.progress = { [self] event in
      if case .trained(let step) = event { last.withLock { $0 = step } }
      outer.progress(event)
    }
    return context
  }

  /// How fast it went, in a few words; nothing where nothing went step by step.
  package var speed: String {
    guard let step = last.withLock({ $0 }) else { return "" }
    return "\(Int(step.tokensPerSecond)) tokens a second"
  }

  /// The loss of the last step, for a training without a log; nothing where there was no step.
  package var loss: String {
    guard let step = last.withLock({ $0 }) else { return "" }
    return "loss \(rounded(step.loss)) at step \(step.step)"
  }
}
