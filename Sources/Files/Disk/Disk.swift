import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The system calls that need room on a disk; every file that Billhook writes goes through here.
enum Disk {
  /// Creates a file that was not there, for writing.
  static func create(_ path: String) -> Int32 {
    isFull ? refusal : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  }

  /// Opens a file, created where it is missing, for reading and writing.
  static func openOrCreate(_ path: String) -> Int32 {
    isFull ? refusal : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  }

  /// Writes some of the bytes.
  ///
  /// - Returns: How many; below 0 when it fails.
  static func put(_ bytes: UnsafeRawPointer, _ count: Int, into descriptor: Int32) -> Int {
    isFull ? Int(refusal) : write(descriptor, bytes, count)
  }

  /// Brings what was written to the disk.
  static func sync(_ descriptor: Int32) -> Int32 { isFull ? refusal : fsync(descriptor) }

  /// Makes a directory.
  static func makeDirectory(_ path: String) -> Int32 { isFull ? refusal : mkdir(path, 0o755) }

  /// Gives a file or directory another name.
  static func move(_ old: String, to new: String) -> Int32 { isFull ? refusal : rename(old, new) }

  /// Lets two files or directories have each other's name, in one step.
  ///
  /// - Returns: 0, or -1 with `ENOTSUP` where the system or the file system has no such step.
  static func exchange(_ one: String, _ other: String) -> Int32 {
    if isFull { return refusal }
    guard canExchange else { return notSupported }
    #if canImport(Darwin)
    return renamex_np(one, other, UInt32(RENAME_SWAP))
    #else
    // In no header that Swift sees; libraries older than glibc 2.28 do not have it.
    typealias Rename =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else { return notSupported }
    let exchange: UInt32 = 2
    let result = unsafeBitCast(symbol, to: Rename.self)(
      AT_FDCWD,
      one,
      AT_FDCWD,
      other,
      exchange
    )
    // What file systems and sandboxes without it answer.
    return result == 0 || ![ENOSYS, EINVAL, EPERM].contains(errno) ? result : notSupported
    #endif
  }

  /// Whether there is a step that exchanges names; a test can say that there is none.
  @TaskLocal static var canExchange = true

  private static var notSupported: Int32 {
    errno = ENOTSUP
    return -1
  }

  private static var isFull: Bool { FullDisk.simulated?.refusesTheNextChange() ?? false }

  private static var refusal: Int32 {
    errno = ENOSPC
    return -1
  }
}

/// A disk that is full from some change on, so that a test can try each in turn.
///
/// It exists only inside of `FullDisk.$simulated.withValue`, which nothing outside of tests calls.
final class FullDisk: Sendable {
  @TaskLocal static var simulated: FullDisk?

  private let room: Int
  private let isFreedAgain: Bool
  private let asked = Atomic<Int>(0)

  /// A disk with room for so many changes.
  ///
  /// - Parameters:
  ///   - room: The changes that still fit.
  ///   - isFreedAgain: Whether only one change fails, because somebody makes room behind it.
  init(behind room: Int, isFreedAgain: Bool = false) {
    self.room = room
    self.isFreedAgain = isFreedAgain
  }

  /// Whether anything was refused.
  var wasMet: Bool { asked.load(ordering: .relaxed) > room }

  fileprivate func refusesTheNextChange() -> Bool {
    let number = asked.wrappingAdd(1, ordering: .relaxed).oldValue
    return isFreedAgain ? number == room : number >= room
  }
}
