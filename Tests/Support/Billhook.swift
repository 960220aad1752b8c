import BillhookCore
import Foundation

/// A built executable, run as a user runs it.
public struct Billhook {
  /// How a run ended, and what it printed.
  public struct Outcome {
    /// The exit status; of a process that a signal ended, the signal.
    public let status: Int32
    /// Whether a signal ended it, such as that of a trap.
    public let wasSignalled: Bool
    /// What it printed as results.
    public let output: String
    /// What it printed as progress and errors.
    public let errors: String

    /// How a command ended, by what it gave.
    public init(status: Int32, wasSignalled: Bool = false, output: String, errors: String) {
      self.status = status
      self.wasSignalled = wasSignalled
      self.output = output
      self.errors = errors
    }
  }

  /// The folder in which everything was built.
  public static var folder: String? {
    executable("billhook")?.deletingLastPathComponent().path
  }

  /// The executable lies beside the test bundle, wherever that was built.
  private static func executable(_ name: String) -> URL? {
    let beside = CommandLine.arguments.prefix(1) + Bundle.allBundles.map(\.bundlePath)
    return beside.map { URL(filePath: $0).deletingLastPathComponent().appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// An executable with its command line, which does not run yet.
  static func process(of name: String, _ arguments: [String]) throws -> Process {
    let process = Process()
    guard let executable = executable(name) else { throw CocoaError(.fileNoSuchFile) }
    process.executableURL = executable
    process.arguments = arguments
    return process
  }

  /// Where the executable lies, for others to start it.
  public static var path: String? { executable("billhook")?.path }

  /// The processes that a process started.
  private static func children(of parent: Int32) throws -> [Int32] {
    let finder = Process()
    let output = Pipe()
    finder.executableURL = URL(filePath: "/usr/bin/env")
    finder.arguments = ["pgrep", "-P", "\(parent)"]
    finder.standardOutput = output
    try finder.run()
    let found = output.fileHandleForReading.readDataToEndOfFile()
    finder.waitUntilExit()
    return String(decoding: found, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
  }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - arguments: The command line.
  ///   - name: The executable.
  ///   - input: What it can read from its standard input.
  ///   - environment: Variables in addition to those of this process.
  ///   - directory: The folder that it is started in; nil for this process's.
  ///   - signal: What the process is sent, such as SIGINT for Ctrl-C.
  ///   - isForChild: Whether a process that it started is sent that instead.
  ///   - ignoresHangup: Whether it is started as by `nohup`, which ignores SIGHUP.
  ///   - moment: Asked again and again while it runs, until it says that this is the moment.
  /// - Returns: How it ended.
  /// - Throws: When the executable is not there.
  public static func run(
    _ arguments: [String],
    of name: String = "billhook",
    input: String = "",
    environment: [String: String] = [:],
    in directory: String? = nil,
    sending signal: Int32? = nil,
    toChild isForChild: Bool = false,
    ignoresHangup: Bool = false,
    when moment: (() -> Bool)? = nil
  ) throws -> Outcome {
    let process = try process(of: name, arguments)
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    if let directory { process.currentDirectoryURL = URL(filePath: directory) }
    if ignoresHangup, let path = process.executableURL?.path {
      // By a shell: what this process ignores, other tests' children would ignore too.
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "trap '' HUP; exec \"$0\" \"$@\"", path] + arguments
    }
    return try Fixture.withFolder { folder in
      // Files, not pipes: a pipe that nobody reads yet would block the process.
      let streams = try ["output", "errors"].map { name in
        try FileSystem.write([], to: "\(folder)/\(name)")
        return try FileHandle(forWritingTo: URL(filePath: "\(folder)/\(name)"))
      }
      process.standardOutput = streams[0]
      process.standardError = streams[1]
      try FileSystem.write(Array(input.utf8), to: "\(folder)/input")
      process.standardInput = try FileHandle(forReadingFrom: URL(filePath: "\(folder)/input"))
      try process.run()
      while let moment, process.isRunning, !moment() { usleep(2000) }
      if let signal, process.isRunning {
        let parent = process.processIdentifier
        for id in try isForChild ? children(of: parent) : [parent] { kill(id, signal) }
      }
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus,
        wasSignalled: process.terminationReason == .uncaughtSignal,
        output: try Fixture.text("\(folder)/output"),
        errors: try Fixture.text("\(folder)/errors")
      )
    }
  }
}
