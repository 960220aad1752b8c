import BillhookRecipe
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The process's three streams, and its end.
///
/// What is printed may hold text of a model, a file or a recipe; none of it controls the terminal.
enum Terminal {
  /// Whether progress goes to a person's terminal on which a line can be replaced.
  ///
  /// `NO_COLOR` and `TERM=dumb` ask for plain lines: no colour, and no movement of the cursor.
  static var isInteractive: Bool { isTerminal(STDERR_FILENO) && !isPlain }

  /// Whether errors are coloured.
  static var hasColor: Bool { isInteractive }

  private static func isTerminal(_ descriptor: Int32) -> Bool {
    CollectedOutput.current == nil && isatty(descriptor) == 1
  }

  private static var isPlain: Bool {
    value(of: "NO_COLOR") != nil || value(of: "TERM").map { $0 == "dumb" } ?? true
  }

  /// The value of an environment variable; nil where it is unset or empty.
  private static func value(of variable: String) -> String? {
    getenv(variable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The columns for results: those of the terminal, else what `COLUMNS` says, else 80.
  static var width: Int {
    let said = value(of: "COLUMNS").flatMap { Int($0) }.map { min(max(1, $0), 1 << 16) }
    return columns(of: STDOUT_FILENO) ?? said ?? 80
  }

  /// The columns for progress, as the window is now.
  static var progressWidth: Int { columns(of: STDERR_FILENO) ?? 80 }

  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard CollectedOutput.current == nil, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return nil }
    return Int(size.ws_col)
  }

  /// The error of the first results that could not be printed; 0 as long as all were.
  private static let outputError = Atomic<Int32>(0)

  /// Prepares the streams: a reader that goes away does not end the process, and a stream that was
  /// closed stays unused, so that no file that is opened later takes its number.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one. It is opened the wrong way, so that its use is an
      // error.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Prints lines of results.
  static func standardOutput(_ text: String, terminator: String = "\n") {
    writeResult(harmless(text) + terminator)
  }

  /// Prints a line of words; on a terminal it is broken between them, and goes on below its own
  /// beginning and `indent` cells more.
  static func standardOutput(words line: String, indent: Int = 2) {
    guard let width = columns(of: STDOUT_FILENO) else { return standardOutput(line) }
    let start = line.prefix { $0 == " " }.count + indent
    let room = max(20, width)
    let margin = String(repeating: " ", count: min(start, room / 2))
    for part in line.printable.wrapped(toCells: room, indent: margin) { standardOutput(part) }
  }

  /// Prints a line that nobody should overlook.
  static func standardOutput(loud line: String) {
    let isColored = isTerminal(STDOUT_FILENO) && !isPlain
    let text = harmless(line)
    writeResult((isColored ? "\u{1B}[1;33m\(text)\u{1B}[0m" : text) + "\n")
  }

  /// Prints a result: to programs byte for byte, to terminals without what would control them.
  static func standardOutput(exactly text: String) {
    writeResult(isTerminal(STDOUT_FILENO) ? harmless(text) : text)
  }

  private static func writeResult(_ text: String) {
    let error = write(text, to: STDOUT_FILENO)
    guard error != 0 else { return }
    _ = outputError.compareExchange(expected: 0, desired: error, ordering: .relaxed)
  }

  /// Prints lines of errors or progress, if anybody can still read them.
  static func standardError(_ text: String, terminator: String = "\n") {
    _ = write(harmless(text) + terminator, to: STDERR_FILENO)
  }

  /// Prints errors or progress with colours and movements of the cursor in it.
  ///
  /// Callers make text from elsewhere printable first.
  static func standardError(steering text: String) { _ = write(text, to: STDERR_FILENO) }

  /// The text without characters that control a terminal or reorder text, except line ends and
  /// tabs.
  private static func harmless(_ text: String) -> String {
    func mayStay(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "\n" || scalar == "\t" || !scalar.isControl
    }
    guard !text.unicodeScalars.allSatisfy(mayStay) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      result.unicodeScalars.append(mayStay(scalar) ? scalar : "\u{FFFD}")
    }
    return result
  }

  /// Ends the process: with an error where results could not be printed.
  ///
  /// A reader that stops early, as `head` does, is not an error. What libtorch would take apart at the
  /// end of a process is left to the system, which is quicker.
  static func exit(_ status: ExitStatus) -> Never {
    var error = outputError.load(ordering: .relaxed)
    // Some file systems report only now that there was no room.
    if error == 0, fflush(nil) != 0 || close(STDOUT_FILENO) != 0, errno != EBADF { error = errno }
    if error != 0, error != EPIPE {
      standardError(
        "error: standard output: cannot be written: \(String(cString: strerror(error)))"
      )
    }
    let isLost = error != 0 && error != EPIPE && status == .done
    let code = (isLost ? ExitStatus.failed : status).rawValue
    _exit(code)
  }

  /// Writes a text.
  ///
  /// - Returns: 0, or the error's number.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    if let collected = CollectedOutput.current {
      descriptor == STDOUT_FILENO ? collected.addResult(text) : collected.addError(text)
      return 0
    }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { put(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if written < 0, errno == EAGAIN {
        // Somebody else made the stream non-blocking.
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
