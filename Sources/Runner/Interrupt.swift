import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Ctrl-C: the first asks the run to stop at the next safe place, the second stops at once.
enum Interrupt {
  private static let requested = Atomic<Bool>(false)

  /// Whether somebody asked to stop.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Begins to listen.
  static func listen() {
    // A parent may have started this process with the signal blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    signal(SIGINT) { _ in
      Interrupt.requested.store(true, ordering: .relaxed)
      signal(SIGINT, SIG_DFL)
    }
  }
}
