import Synchronization

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

  /// The error of the first results that could not be printed; 0 as long as all were.
  private static let outputError = Atomic<Int32>(0)

  /// Gets the streams ready: a reader that goes away ends no work, and a stream that was closed takes
  /// nothing, in the place of the next file that is opened.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free is this one. Opened the wrong way, so that its use is an error.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Prints a line of results.
  static func standardOutput(_ line: String, terminator: String = "\n") {
    let error = write(line + terminator, to: STDOUT_FILENO)
    guard error != 0 else { return }
    _ = outputError.compareExchange(expected: 0, desired: error, ordering: .relaxed)
  }

  /// Prints a line of errors or progress, if anybody can still read it.
  static func standardError(_ text: String, terminator: String = "\n") {
    _ = write(text + terminator, to: STDERR_FILENO)
  }

  /// Ends the process: with an error where results could not be printed.
  ///
  /// A reader that had enough, as `head` has, is no error.
  static func exit(_ status: ExitStatus) -> Never {
    var error = outputError.load(ordering: .relaxed)
    // Some file systems tell only now that there was no room.
    if error == 0, close(STDOUT_FILENO) != 0, errno != EBADF { error = errno }
    if error != 0, error != EPIPE {
      standardError(
        "error: standard output: cannot be written: \(String(cString: strerror(error)))"
      )
    }
    let isLost = error != 0 && error != EPIPE && status == .done
    let code = (isLost ? ExitStatus.failed : status).rawValue
    #if canImport(Darwin)
    Darwin.exit(code)
    #else
    Glibc.exit(code)
    #endif
  }

  /// Writes a text.
  ///
  /// - Returns: 0, or the error's number.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { put(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if written < 0, errno == EAGAIN {
        // Somebody else made the stream one that does not wait.
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&wanted, 1, -1)
      } else if written == 0 || errno != EINTR {
        return written == 0 ? EIO : errno
      }
    }
    return 0
  }
}

private func put(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, start, count)
}
