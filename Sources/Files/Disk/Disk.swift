import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The system calls that need room on a disk; every file that Billhook writes goes through here.
enum Disk {
  /// Creates a new file for writing; fails where one exists.
  static func create(_ path: String) -> Int32 {
    isFull ? refusal : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  }

  /// Opens a file for reading and writing, and creates it where it is missing.
  static func openOrCreate(_ path: String) -> Int32 {
    isFull ? refusal : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  }

  /// Writes some of the bytes.
  ///
  /// - Returns: How many; below 0 when it fails.
  static func put(_ bytes: UnsafeRawPointer, _ count: Int, into descriptor: Int32) -> Int {
    isFull ? Int(refusal) : write(descriptor, bytes, count)
  }

  /// Writes some of the bytes at a place of the file.
  ///
  /// - Returns: How many; below 0 when it fails.
  static func put(
    _ bytes: UnsafeRawPointer,
    _ count: Int,
    into descriptor: Int32,
    at place: Int
  ) -> Int {
    isFull ? Int(refusal) : pwrite(descriptor, bytes, count, off_t(place))
  }

  /// Flushes what was written to the disk.
  static func sync(_ descriptor: Int32) -> Int32 { isFull ? refusal : fsync(descriptor) }

  /// Makes a directory.
  static func makeDirectory(_ path: String) -> Int32 { isFull ? refusal : mkdir(path, 0o755) }

  /// Gives a file or directory another name.
  static func move(_ old: String, to new: String) -> Int32 { isFull ? refusal : rename(old, new) }

  /// Swaps the names of two files or directories in one step.
  ///
  /// - Returns: 0, or -1 with `ENOTSUP` where the system or the file system has no such step.
  static func exchange(_ one: String, _ other: String) -> Int32 {
    if isFull { return refusal }
    guard canExchange else { return notSupported }
    #if canImport(Darwin)
    return renamex_np(one, other, UInt32(RENAME_SWAP))
    #else
    // No header that Swift sees declares it, and glibc before 2.28 does not have it.
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
    // These are the errors of file systems and sandboxes that do not support it.
    return result == 0 || ![ENOSYS, EINVAL, EPERM].contains(errno) ? result : notSupported
    #endif
  }

  /// Whether names can be exchanged in one step; tests can switch this off.
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

/// A disk that is full after a given number of changes, so that a test can let each change fail in
/// turn.
///
/// It takes effect only inside `FullDisk.$simulated.withValue`, which only tests call.
final class FullDisk: Sendable {
  @TaskLocal static var simulated: FullDisk?

  private let room: Int
  private let isFreedAgain: Bool
  private let asked = Atomic<Int>(0)

  /// A disk with room for a number of changes.
  ///
  /// - Parameters:
  ///   - room: The changes that still fit.
  ///   - isFreedAgain: Whether only one change fails, because space is freed after it.
  init(room: Int, isFreedAgain: Bool = false) {
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
