import ArgumentParser
import BillhookCore

/// A command that knows the plugins and says how it ended.
protocol StatusCommand: ParsableCommand {
  /// Does its work and says how it ended; reports errors itself.
  func run(with registry: Registry) -> ExitStatus
}
