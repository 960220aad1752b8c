import ArgumentParser
import BillhookCore
import Foundation

/// Where and how a plan is run.
struct RunOptions: ParsableArguments {
  @Option(
    help: "The folder for what is computed. (default: .billhook beside the recipe)",
    completion: .directory,
    transform: PathArgument.path
  )
  var work: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of processes on this machine that share the work, from 1 to 1024. (default: 1; "
        + "processes that torchrun started find each other by themselves)",
      valueName: "count"
    ),
    transform: FlagRange.processes.number
  )
  var processes: Int?

  @OptionGroup var machine: MachineOptions

  @OptionGroup var memory: MemoryOptions

  @Option(
    help: "Write losses of trainings and searches for TensorBoard too, into folders of this one.",
    completion: .directory,
    transform: PathArgument.path
  )
  var tensorboard: String?

  /// For tests, whose passes are done long before a minute is over.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The fewest seconds between two writes of how far a pass is, from 0 to 3600. (default: 60)",
      valueName: "seconds",
      visibility: .hidden
    ),
    transform: FlagRange<Double>.pause.number
  )
  var checkpointEvery: Double?

  @Flag(help: "Show neither progress nor notes.")
  var quiet = false

  @Flag(help: "Show all columns of the table, however wide.")
  var wide = false

  @Flag(help: "Print what happens as JSON, one event per line, in place of progress and table.")
  var json = false

  func validate() throws {
    if quiet, json { throw ValidationError("--quiet and --json exclude each other") }
    if wide, json { throw ValidationError("--wide and --json exclude each other") }
  }
}

extension RunOptions {
  /// How many of some processes are on this machine.
  func localSize(of processes: ProcessGroup) -> Int {
    let said = ProcessInfo.processInfo.environment["LOCAL_WORLD_SIZE"].flatMap { Int($0) }
    return processes.size == 1 ? 1 : max(1, self.processes ?? said ?? 1)
  }

  /// Where one of some processes computes.
  ///
  /// - Throws: As `ProcessEnvironment.device`.
  func machine(ofOneOf size: Int) throws -> MachineOptions {
    var own = machine
    own.device = try ProcessEnvironment.device(
      ofOneOf: size,
      from: machine.device,
      ProcessInfo.processInfo.environment
    )
    return own
  }
}
