import Foundation

/// A terminal that a program runs on: a pseudo-terminal with a window of some width.
public struct PseudoTerminal {
  /// The columns of its window.
  public var columns: Int
  /// What the environment of the program says besides; a nil removes a variable.
  public var environment: [String: String?]

  /// A terminal that does all that terminals do.
  public init(columns: Int = 80, environment: [String: String?] = [:]) {
    self.columns = columns
    self.environment = ["TERM": "xterm-256color", "NO_COLOR": nil].merging(environment) { $1 }
  }
}

extension Billhook {
  /// Runs it on a terminal to its end.
  ///
  /// - Parameters:
  ///   - arguments: The command line.
  ///   - terminal: The terminal, to which both of its streams go.
  /// - Returns: The status, and everything that reached the terminal.
  /// - Throws: When the executable is not there, or the system has no pseudo-terminals.
  public static func run(
    _ arguments: [String],
    on terminal: PseudoTerminal
  ) throws -> (status: Int32, text: String) {
    let (master, slave) = try pair()
    defer { close(master) }
    var size = winsize()
    size.ws_col = UInt16(terminal.columns)
    size.ws_row = 24
    _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
    let process = try process(of: "billhook", arguments)
    var environment = ProcessInfo.processInfo.environment
    for (name, value) in terminal.environment { environment[name] = value }
    process.environment = environment
    let stream = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
    process.standardOutput = stream
    process.standardError = stream
    process.standardInput = FileHandle.nullDevice
    try process.run()
    close(slave)
    // Whatever is written has to be read at once: the terminal holds a few kilobytes only.
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(master, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    process.waitUntilExit()
    // A terminal begins every line at the left.
    let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
    return (process.terminationStatus, text)
  }

  /// Both ends of a new pseudo-terminal.
  private static func pair() throws -> (master: Int32, slave: Int32) {
    #if canImport(Darwin)
    let master = posix_openpt(O_RDWR | O_NOCTTY)
    guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let name = ptsname(master)
    else { throw POSIXError(.ENODEV) }
    let path = String(cString: name)
    #else
    // What glibc's functions do, which its module for Swift does not have: TIOCSPTLCK, TIOCGPTN.
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (lock, number) = (Int32(0), Int32(0))
    guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0,
      ioctl(master, 0x8004_5430, &number) == 0
    else { throw POSIXError(.ENODEV) }
    let path = "/dev/pts/\(number)"
    #endif
    let slave = open(path, O_RDWR | O_NOCTTY)
    guard slave >= 0 else { throw POSIXError(.ENODEV) }
    return (master, slave)
  }
}
