import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Ctrl-C, and the signals of a shut-down and of a terminal that is closed: the first asks the run
/// to stop at the next safe point, the second stops at once.
enum Interrupt {
  private static let received = Atomic<Int32>(0)

  /// Whether somebody asked to stop.
  static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// The status of a process that was asked to stop: 128 plus the number of the signal, as in
  /// shells.
  static var status: ExitStatus {
    switch received.load(ordering: .relaxed) {
    case SIGTERM: .terminated
    case SIGHUP: .hungUp
    default: .interrupted
    }
  }

  /// Starts to listen for the signals.
  static func listen() {
    // A parent may have started this process with the signals blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&signals, number)
      // Whoever starts a run with `nohup` wants it to outlive the terminal.
      guard number != SIGHUP || !isIgnored(number) else { continue }
      signal(number) { number in
        Interrupt.received.store(number, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
    let handler = action.__sigaction_u.__sa_handler
    #else
    let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
