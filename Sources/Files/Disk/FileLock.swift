#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A lock file that one process at a time holds; the system releases it however the process ends.
public final class FileLock {
  private let descriptor: Int32

  /// Takes the lock, and writes the process id into the file.
  ///
  /// - Returns: Nil when another process holds it.
  /// - Throws: `FileError` when the file cannot be made, locked or written.
  public init?(_ path: String) throws(FileError) {
    let descriptor = Disk.openOrCreate(path)
    guard descriptor >= 0 else {
      throw FileError(path, "cannot be opened: \(systemMessage())")
    }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let (isHeld, reason) = (errno == EWOULDBLOCK, systemMessage())
      close(descriptor)
      guard !isHeld else { return nil }
      throw FileError(path, "cannot be locked: \(reason)")
    }
    let owner = Array("\(getpid())".utf8)
    let isNoted = owner.withUnsafeBytes { bytes in
      guard ftruncate(descriptor, 0) == 0, let start = bytes.baseAddress else { return false }
      return Disk.put(start, bytes.count, into: descriptor) == bytes.count
    }
    guard isNoted else {
      let reason = systemMessage()
      close(descriptor)
      throw FileError(path, "cannot be written: \(reason)")
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// The id of the process that holds or last held the lock; nil when it is unknown.
  public static func owner(of path: String) -> String? {
    (try? FileSystem.read(path, atMost: 64)).map { String(decoding: $0, as: UTF8.self) }
  }
}
