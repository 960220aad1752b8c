#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A mapped file that is cut short while it is read: the system sends a signal, which would end the
/// process as a crash.
enum LostFile {
  /// Turns that signal into a message and the status of a failed stage; a program that calls commands
  /// keeps its own signals.
  static func listen() {
    guard CollectedOutput.current == nil else { return }
    signal(SIGBUS) { _ in
      // Only what is safe inside a signal handler: one write, then the end.
      let message: StaticString =
        "error: a file that was being read was truncated; restore it and start again\n"
      _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
      _exit(ExitStatus.failed.rawValue)
    }
  }
}
