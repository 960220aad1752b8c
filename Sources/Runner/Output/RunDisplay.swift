import BillhookCore
import BillhookPipeline

/// What is shown of a run while it goes on: its progress on the terminal, or each event as a line.
struct RunDisplay: Sendable {
  private let clock: RunClock
  private let progress: ProgressDisplay
  private let showsEvents: Bool

  /// A display.
  ///
  /// - Parameters:
  ///   - clock: Tells what is left.
  ///   - isQuiet: Whether no progress is shown.
  ///   - showsEvents: Whether events are written to standard output as JSON.
  init(_ clock: RunClock, isQuiet: Bool, showsEvents: Bool) {
    self.clock = clock
    self.showsEvents = showsEvents
    progress = ProgressDisplay(
      clock,
      isQuiet: isQuiet,
      isInteractive: Terminal.isInteractive
    )
  }

  /// Shows what work reports.
  func show(_ event: ProgressEvent) {
    clock.take(event)
    if showsEvents { Terminal.standardOutput(EventLines.line(event, clock.left)) }
    progress.show(event)
  }

  /// Shows which step begins.
  func show(_ event: PlanEvent) {
    clock.take(event)
    if showsEvents { Terminal.standardOutput(EventLines.line(event, clock.left)) }
    progress.show(event)
  }

  /// Takes the progress off the terminal, before anything else is written there.
  func clear() { progress.clear() }
}
