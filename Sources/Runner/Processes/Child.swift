import BillhookCore
import Foundation
import Synchronization

/// A process that `--processes` started: it ends with the one that started it, and what it says last is
/// remembered.
final class Child: Sendable {
  let rank: Int
  private let process: Process
  /// Its standard input, which is closed when this process ends, however that happens.
  private let lifeline: Pipe
  private let words = Mutex("")
  private let ended = Mutex(false)

  /// The most characters of its last words.
  private static let most = 2000

  /// Starts a process with the command line of this one.
  ///
  /// - Parameters:
  ///   - rank: Its number.
  ///   - environment: Its environment.
  ///   - heed: Called when it ended, on a thread of its own.
  /// - Throws: When it cannot be started.
  init(
    rank: Int,
    _ environment: [String: String],
    heed: @escaping @Sendable (Child) -> Void
  ) throws {
    guard let path = Bundle.main.executablePath else { throw CocoaError(.fileNoSuchFile) }
    self.rank = rank
    process = Process()
    lifeline = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = Array(CommandLine.arguments.dropFirst())
    process.environment = environment
    process.standardInput = lifeline.fileHandleForReading
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let reader = Thread { [self] in
      while case let data = errors.fileHandleForReading.availableData, !data.isEmpty {
        words.withLock {
          $0 = String(($0 + String(decoding: data, as: UTF8.self)).suffix(Self.most))
        }
      }
      process.waitUntilExit()
      ended.withLock { $0 = true }
      heed(self)
    }
    reader.start()
  }

  /// How it ended, in words.
  var ending: String {
    let how =
      process.terminationReason == .uncaughtSignal
      ? "was killed by signal \(process.terminationStatus)"
      : "ended with status \(process.terminationStatus)"
    let said = words.withLock { $0 }.split(separator: "\n").suffix(5).joined(separator: "\n  ")
    return "process \(rank) (\(process.processIdentifier)) \(how)"
      + (said.isEmpty ? ", without a word" : "; it said:\n  \(said)")
  }

  /// Lets it end, and ends it where it has not done so within some seconds.
  func end() {
    try? lifeline.fileHandleForWriting.close()
    for _ in 0..<50 where !(ended.withLock { $0 }) { usleep(100_000) }
    if !(ended.withLock { $0 }) { kill(process.processIdentifier, SIGKILL) }
  }
}
