import BillhookCore
import Synchronization

/// Shows progress: one line that changes on a terminal, a line for each stage elsewhere.
final class ProgressDisplay: Sendable {
  private let isQuiet: Bool
  private let isInteractive: Bool
  private let state = Mutex(State())

  private struct State {
    var stage = ""
    var began = ContinuousClock.now
    var shown = ContinuousClock.now
  }

  init(isQuiet: Bool, isInteractive: Bool) {
    self.isQuiet = isQuiet
    self.isInteractive = isInteractive
  }

  /// Shows an event.
  func show(_ event: ProgressEvent) {
    guard !isQuiet else { return }
    switch event {
    case .began(let stage):
      state.withLock {
        $0.stage = stage
        $0.began = .now
      }
      if isInteractive { replaceLine("\(stage) …") }
    case .advanced(let done, let count):
      guard isInteractive, let line = state.withLock({ Self.line(&$0, done, count) }) else {
        return
      }
      replaceLine(line)
    case .trained(let step):
      guard isInteractive, let line = state.withLock({ Self.line(&$0, step) }) else { return }
      replaceLine(line)
    case .ended(let stage, let seconds, let result):
      clear()
      let end = result.isEmpty ? "" : ": \(result)"
      Terminal.standardError("\(stage)\(end) (\(Self.duration(seconds)))")
    case .reused(let stage, let result):
      clear()
      Terminal.standardError("\(stage): \(result) (known)")
    case .note(let text):
      clear()
      Terminal.standardError("note: \(text)")
    }
  }

  /// Takes the changing line away.
  func clear() {
    if isInteractive, !isQuiet { Terminal.standardError("\r\u{1B}[K", terminator: "") }
  }

  /// The line for a stage that is under way, ten times a second at most; nil in between.
  private static func line(_ state: inout State, _ done: Int, _ count: Int) -> String? {
    let now = ContinuousClock.now
    guard done > 0, count > 0, now - state.shown > .milliseconds(100) else { return nil }
    state.shown = now
    let passed = now - state.began
    let left = passed * (Double(count - done) / Double(done))
    return "\(state.stage) … \(100 * done / count) %, \(duration(left.seconds)) left"
  }

  /// The line for a training, ten times a second at most; nil in between.
  private static func line(_ state: inout State, _ step: TrainingProgress) -> String? {
    let now = ContinuousClock.now
    guard now - state.shown > .milliseconds(100) else { return nil }
    state.shown = now
    let left = duration(Double(step.steps - step.step) * step.seconds)
    return "step \(step.step) of \(step.steps): loss \(digits(step.loss)), "
      + "lr \(step.learningRate), \(Int(step.tokensPerSecond)) tokens/s, \(left) left"
  }

  private static func digits(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

  private func replaceLine(_ line: String) {
    let shown = line.prefix(max(20, Terminal.width - 1))
    Terminal.standardError("\r\(shown)\u{1B}[K", terminator: "")
  }

  /// Seconds as a person says them.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
    if whole < 120 { return "\(whole) s" }
    if whole < 7200 { return "\(whole / 60) min" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
