import BillhookFiles
import Synchronization

/// Remembers the last step of a training, to report its speed at the end.
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

  /// The speed in a few words; empty where there was no step.
  package var speed: String {
    guard let step = last.withLock({ $0 }) else { return "" }
    return "\(Int(step.tokensPerSecond)) tokens a second"
  }

  /// The loss of the last step, for a training without a log; empty where there was no step.
  package var loss: String {
    guard let step = last.withLock({ $0 }) else { return "" }
    return "loss \(rounded(step.loss)) at step \(step.step)"
  }
}
