import BillhookCore
import BillhookPipeline
import BillhookRecipe
import Synchronization

/// Shows progress: one line that changes on a terminal, a line for each stage elsewhere.
final class ProgressDisplay: Sendable {
  private let clock: RunClock
  private let isQuiet: Bool
  private let isInteractive: Bool
  private let state = Mutex(State())
  private let line = Mutex(ChangingLine())

  private struct State {
    var stage = ""
    /// The branches that the stage stands in, as lines begin with them.
    var place = ""
    var shown = ContinuousClock.now
  }

  /// How often a long stage reports its progress where lines cannot be replaced.
  private static let plainInterval = Duration.seconds(60)

  /// A display of a run.
  ///
  /// - Parameters:
  ///   - clock: What tells the time left; events reach it before they are shown.
  ///   - isQuiet: Whether nothing is shown.
  ///   - isInteractive: Whether lines can be replaced.
  init(_ clock: RunClock, isQuiet: Bool, isInteractive: Bool) {
    self.clock = clock
    self.isQuiet = isQuiet
    self.isInteractive = isInteractive
  }

  /// Shows which step begins.
  func show(_ event: PlanEvent) {
    guard !isQuiet else { return }
    switch event {
    case .planned(let forecast):
      guard forecast.doneCount > 0 else { return }
      let count = forecast.entries.count
      log("\(forecast.doneCount) of \(counted(count, "step")) were done before")
    case .reached(_, _, let branches):
      state.withLock { $0.place = branches.isEmpty ? "" : "[\(branches.label.printable)] " }
    }
  }

  /// Shows an event.
  func show(_ event: ProgressEvent) {
    guard !isQuiet else { return }
    switch event {
    case .began(let stage):
      state.withLock {
        $0.stage = stage.printable
        $0.shown = .now
      }
      if isInteractive { replaceLine(state.withLock { $0.place + $0.stage }, run) }
    case .advanced(let done, let count):
      guard done > 0, count > 0, isDue() else { return }
      let left = clock.left.stage.map { ", \(Quantity.seconds($0)) left" } ?? ""
      showProgress(" \(100 * done / count) %\(left)\(run)")
    case .trained(let step):
      guard isDue() else { return }
      let left = clock.left.stage.map { ", \(Quantity.seconds($0)) left" } ?? ""
      showProgress(
        " \(step.step) of \(step.steps): loss \(rounded(step.loss)), "
          + "rate \(rounded(step.learningRate)), \(rounded(step.tokensPerSecond)) tokens/s"
          + "\(left)\(run)"
      )
    case .ended(let stage, let seconds, let result):
      let end = result.isEmpty ? "" : ": \(result)"
      let time = seconds < 0.05 ? "" : " (\(Quantity.seconds(seconds)))"
      log("\(place)\(stage)\(end)\(time)")
    case .reused(let stage, let result): log("\(place)\(stage): \(result) (known)")
    case .note(let text), .remark(let text): log("\(place)note: \(text)")
    case .warning(let text): log("\(place)warning: \(text)")
    }
  }

  /// Removes the changing line.
  func clear() {
    guard isInteractive, !isQuiet else { return }
    Terminal.standardError(steering: line.withLock { $0.clearing(within: Terminal.progressWidth) })
  }

  private var place: String { state.withLock { $0.place } }

  /// A line that stays; where it is read on a terminal, it is broken between words.
  private func log(_ text: String) {
    clear()
    let text = text.printable
    let lines = isInteractive ? text.wrapped(toCells: Terminal.progressWidth, indent: "  ") : [text]
    for line in lines { Terminal.standardError(line) }
  }

  /// Whether progress is to be shown again: ten times a second on a terminal, seldom elsewhere.
  private func isDue() -> Bool {
    state.withLock { state in
      let now = ContinuousClock.now
      let interval = isInteractive ? Duration.milliseconds(100) : Self.plainInterval
      guard now - state.shown > interval else { return false }
      state.shown = now
      return true
    }
  }

  private func showProgress(_ rest: String) {
    let name = state.withLock { $0.place + $0.stage }
    if isInteractive { replaceLine(name, rest) } else { log(name + " …" + rest) }
  }

  /// Where the run is: the step, and the time left where it is known.
  private var run: String {
    let (number, count) = clock.step
    guard count > 1 else { return "" }
    let left = clock.left.run.map { ", about \(Quantity.seconds($0)) for all" } ?? ""
    return " (step \(number) of \(count)\(left))"
  }

  private func replaceLine(_ name: String, _ rest: String) {
    let width = Terminal.progressWidth
    let steering = line.withLock { $0.replacing(with: name, rest, within: width) }
    Terminal.standardError(steering: steering)
  }
}

/// A line of a terminal that is replaced again and again, in a window that may change its size.
struct ChangingLine {
  /// The width of the text that is shown, in cells.
  private var cells = 0

  /// The output that replaces the line with a text.
  ///
  /// - Parameters:
  ///   - name: What it is about; of a long one there is as much as the line has room for, and an
  ///     ellipsis after each.
  ///   - rest: What is said of it; a long name is shortened to make room for this.
  ///   - width: The cells of the window's lines.
  /// - Returns: Text and movements of the cursor.
  mutating func replacing(with name: String, _ rest: String, within width: Int) -> String {
    // A character in the last column would make some terminals begin a new line.
    let room = max(0, width - 1)
    let head = (name + " …").clipped(toCells: max(min(10, room), room - rest.cells))
    let text = (head + rest).clipped(toCells: room)
    defer { cells = text.cells }
    return clearing(within: width) + text
  }

  /// The output that removes the line, with the lines that it was broken into if the window became
  /// narrower.
  mutating func clearing(within width: Int) -> String {
    let rows = cells == 0 ? 0 : (cells - 1) / max(1, width)
    cells = 0
    return (rows > 0 ? "\u{1B}[\(rows)A" : "") + "\r\u{1B}[J"
  }
}
