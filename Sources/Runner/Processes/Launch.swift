import BillhookCore
import Foundation
import Synchronization

/// How the processes of a run find each other: started by torchrun, or by `--processes`.
enum Launch {
  /// The first process that was lost, as it is told; nil as long as none was.
  private static let lost = Mutex<String?>(nil)
  /// Whether processes may end now.
  private static let isOver = Mutex(false)

  /// Whether a process that this one started has ended too early.
  static var hasLost: Bool { lost.withLock { $0 != nil } }

  /// How long a run may take to end after it lost a process, in seconds.
  private static let grace: UInt32 = 10
  /// How long process 0 may take to end a run after a signal, in seconds: it may write a checkpoint.
  private static let graceAfterSignal: UInt32 = 120

  /// Runs a command, in all processes that share its work.
  ///
  /// - Parameters:
  ///   - count: How many `--processes` asks for; nil for none.
  ///   - body: The command. In other processes than process 0 nothing that it prints is shown.
  /// - Returns: How it ended.
  static func run(_ count: Int?, _ body: (ProcessGroup) throws -> ExitStatus) -> ExitStatus {
    do {
      let variables = ProcessInfo.processInfo.environment
      if let environment = try ProcessEnvironment(variables) {
        guard count ?? 1 == 1 || environment.isChild else {
          Terminal.standardError(
            "error: --processes starts processes, and RANK and WORLD_SIZE say that this is already one "
              + "of several; leave --processes out, or unset them"
          )
          return .usage
        }
        return try join(environment, variables, body)
      }
      guard let count, count > 1 else { return try body(.alone) }
      return try start(count, variables, body)
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  // MARK: torchrun, and children

  private static func join(
    _ environment: ProcessEnvironment,
    _ variables: [String: String],
    _ body: (ProcessGroup) throws -> ExitStatus
  ) throws -> ExitStatus {
    if environment.isChild { endWithParent() }
    if environment.rank > 0 { endAfterSignal() }
    let store = try ProcessStore(
      host: environment.host,
      port: environment.port,
      serves: environment.rank == 0 && !environment.isServed
    )
    let group = try ProcessGroup(
      store,
      prefix: environment.prefix,
      rank: environment.rank,
      of: environment.size,
      by: ProcessEnvironment.interface(
        variables,
        isLocal: environment.localSize == environment.size
      )
    )
    guard !group.leads else { return try together(group, body) }
    return try CollectedOutput.$current.withValue(CollectedOutput()) {
      try together(group, body)
    }
  }

  /// Runs the command; where it ends early in one process, the others are told why.
  private static func together(
    _ group: ProcessGroup,
    _ body: (ProcessGroup) throws -> ExitStatus
  ) throws -> ExitStatus {
    try group.together("the end of the run", failure: { .error("\($0)") }) {
      let status = try body(group)
      // From here on processes may end.
      try group.meet(at: "the end of the work")
      isOver.withLock { $0 = true }
      return status
    }
  }

  /// Ends this process when the one that started it is gone.
  private static func endWithParent() {
    Thread {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      // What is over ends by itself.
      sleep(2)
      _exit(ExitStatus.failed.rawValue)
    }
    .start()
  }

  /// Ends this process some time after a signal asked for it: until then process 0, which got the same
  /// signal, may stop the run in order.
  private static func endAfterSignal() {
    Thread {
      while !Interrupt.isRequested { usleep(200_000) }
      sleep(graceAfterSignal)
      _exit(Interrupt.status.rawValue)
    }
    .start()
  }

  // MARK: --processes

  private static func start(
    _ count: Int,
    _ variables: [String: String],
    _ body: (ProcessGroup) throws -> ExitStatus
  ) throws -> ExitStatus {
    let store = try ProcessStore(host: "127.0.0.1", port: 0, serves: true)
    var environment = variables
    environment["WORLD_SIZE"] = "\(count)"
    environment["LOCAL_WORLD_SIZE"] = "\(count)"
    environment["MASTER_ADDR"] = "127.0.0.1"
    environment["MASTER_PORT"] = "\(store.port)"
    environment[ProcessEnvironment.childVariable] = "1"
    environment["TORCHELASTIC_RESTART_COUNT"] = nil
    var children: [Child] = []
    defer {
      isOver.withLock { $0 = true }
      for child in children { child.end() }
    }
    for rank in 1..<count {
      environment["RANK"] = "\(rank)"
      environment["LOCAL_RANK"] = "\(rank)"
      children.append(try Child(rank: rank, environment, heed: heed))
    }
    do {
      let group = try ProcessGroup(
        store,
        prefix: ProcessEnvironment.prefix(of: count),
        rank: 0,
        of: count,
        by: ProcessEnvironment.interface(variables, isLocal: true)
      )
      return try together(group, body)
    } catch {
      // The connection is closed a moment before the process is known to be gone.
      if error is LostProcess { for _ in 0..<20 where !hasLost { usleep(100_000) } }
      guard let words = lost.withLock({ $0 }) else { throw error }
      Terminal.standardError("error: \(words)\nthe run ends; the same command goes on with it")
      return .failed
    }
  }

  /// Notes that a process ended; too early, it ends the run.
  private static func heed(_ child: Child) {
    guard !(isOver.withLock { $0 }) else { return }
    lost.withLock { $0 = $0 ?? child.ending }
    sleep(grace)
    guard !(isOver.withLock { $0 }) else { return }
    // Still busy, or waiting for it.
    Terminal.standardError("error: \(child.ending)\nthe run ends; the same command goes on with it")
    _exit(ExitStatus.failed.rawValue)
  }
}
