import Synchronization

/// What a command prints that is called inside of another program, instead of the process's streams.
///
/// Starting a process with libtorch takes a third of a second, and tests call hundreds of commands.
final class CollectedOutput: Sendable {
  /// What collects the output of the command that is called here; nil in a process of its own.
  @TaskLocal static var current: CollectedOutput?

  private let streams = Mutex((results: "", errors: ""))

  /// What was printed as results.
  var results: String { streams.withLock { $0.results } }

  /// What was printed as progress and errors.
  var errors: String { streams.withLock { $0.errors } }

  func addResult(_ text: String) { streams.withLock { $0.results += text } }

  func addError(_ text: String) { streams.withLock { $0.errors += text } }
}
