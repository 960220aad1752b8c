#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The process's three streams, and its end.
enum Terminal {
  /// Whether errors and progress go to a person's terminal.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether errors are coloured.
  static var hasColor: Bool { isInteractive && getenv("NO_COLOR") == nil }

  /// The columns of the terminal.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Prints a line of results.
  static func standardOutput(_ line: String, terminator: String = "\n") {
    write(line + terminator, to: STDOUT_FILENO)
  }

  /// Prints a line of errors or progress.
  static func standardError(_ text: String, terminator: String = "\n") {
    write(text + terminator, to: STDERR_FILENO)
  }

  /// Ends the process.
  static func exit(_ status: ExitStatus) -> Never {
    #if canImport(Darwin)
    Darwin.exit(status.rawValue)
    #else
    Glibc.exit(status.rawValue)
    #endif
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { put(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}

private func put(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, start, count)
}
