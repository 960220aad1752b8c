import BillhookCore
import Synchronization

/// Shows progress: one line that changes on a terminal, a line for each stage elsewhere.
final class ProgressDisplay: Sendable {
  private let clock: RunClock
  private let isQuiet: Bool
  private let isInteractive: Bool
  private let state = Mutex(State())

  private struct State {
    var stage = ""
    var shown = ContinuousClock.now
  }

  /// A display of a run.
  ///
  /// - Parameters:
  ///   - clock: What tells the time left; it has taken in what is shown.
  ///   - isQuiet: Whether nothing is shown.
  ///   - isInteractive: Whether lines can be replaced.
  init(_ clock: RunClock, isQuiet: Bool, isInteractive: Bool) {
    self.clock = clock
    self.isQuiet = isQuiet
    self.isInteractive = isInteractive
  }

  /// Shows an event.
  func show(_ event: ProgressEvent) {
    guard !isQuiet else { return }
    switch event {
    case .planned(let forecast):
      guard forecast.doneCount > 0 else { return }
      let count = forecast.entries.count
      Terminal.standardError("\(forecast.doneCount) of \(count) steps were done before")
    case .reached: break
    case .began(let stage):
      state.withLock { $0.stage = stage }
      if isInteractive { replaceLine(Self.fitted(stage, run)) }
    case .advanced(let done, let count):
      guard isInteractive, let line = state.withLock({ line(&$0, done, count) }) else { return }
      replaceLine(line)
    case .trained(let step):
      guard isInteractive, let line = state.withLock({ line(&$0, step) }) else { return }
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
    case .warning(let text):
      clear()
      Terminal.standardError("warning: \(text)")
    }
  }

  /// Takes the changing line away.
  func clear() {
    if isInteractive, !isQuiet { Terminal.standardError("\r\u{1B}[K", terminator: "") }
  }

  /// The line for a stage that is under way, ten times a second at most; nil in between.
  private func line(_ state: inout State, _ done: Int, _ count: Int) -> String? {
    let now = ContinuousClock.now
    guard done > 0, count > 0, now - state.shown > .milliseconds(100) else { return nil }
    state.shown = now
    let left = clock.left.stage.map { ", \(Self.duration($0)) left" } ?? ""
    return Self.fitted(state.stage, " \(100 * done / count) %\(left)\(run)")
  }

  /// The stage and what is said of it; of a long name there is as much as the line has room for.
  private static func fitted(_ stage: String, _ rest: String) -> String {
    "\(stage.prefix(max(10, Terminal.width - rest.count - 3))) …\(rest)"
  }

  /// Where the run is: the step, and the time left where it is known.
  private var run: String {
    let (number, count) = clock.step
    guard count > 1 else { return "" }
    let left = clock.left.run.map { ", about \(Self.duration($0)) for all" } ?? ""
    return " (step \(number) of \(count)\(left))"
  }

  /// The line for a training, ten times a second at most; nil in between.
  private func line(_ state: inout State, _ step: TrainingProgress) -> String? {
    let now = ContinuousClock.now
    guard now - state.shown > .milliseconds(100) else { return nil }
    state.shown = now
    let left = clock.left.stage.map { ", \(Self.duration($0)) left" } ?? ""
    let values =
      " \(step.step) of \(step.steps): loss \(Self.digits(step.loss)), "
      + "rate \(step.learningRate), \(Int(step.tokensPerSecond)) tokens/s\(left)\(run)"
    return Self.fitted(state.stage, values)
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
