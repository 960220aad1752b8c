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
