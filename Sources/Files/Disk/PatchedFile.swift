#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file that is written piece by piece at places of the writer's choice.
public final class PatchedFile {
  private let path: String
  private let descriptor: Int32

  /// Creates the file, or opens one that is there.
  ///
  /// - Throws: `FileError` when it cannot be created or opened, or when a new one exists already.
  public init(_ path: String, isNew: Bool) throws(FileError) {
    self.path = path
    descriptor = isNew ? Disk.create(path) : Disk.openOrCreate(path)
    guard descriptor >= 0 else {
      throw FileError(path, "cannot be \(isNew ? "created" : "opened"): \(systemMessage())")
    }
  }

  deinit { close(descriptor) }

  /// Writes bytes at a place, beyond the present end as well.
  ///
  /// - Throws: `FileError`, for example when the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(FileError) {
    var done = 0
    while done < bytes.count, let start = bytes.baseAddress?.advanced(by: done) {
      let written = Disk.put(start, bytes.count - done, into: descriptor, at: place + done)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw FileError(path, "cannot be written: \(systemMessage())") }
      done += written
    }
  }

  /// Writes bytes at a place, beyond the present end as well.
  public func write(_ bytes: [UInt8], at place: Int) throws(FileError) {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(FileError) in try write(buffer, at: place) }
    }
    try result.get()
  }

  /// Syncs what was written so far to the disk.
  public func sync() throws(FileError) {
    guard Disk.sync(descriptor) == 0 else {
      throw FileError(path, "cannot be synced to the disk: \(systemMessage())")
    }
  }
}
