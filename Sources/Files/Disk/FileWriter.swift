#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Writes one new file from its beginning to its end, and syncs it to the disk when it is closed.
public final class FileWriter {
  private let path: String
  private var descriptor: Int32

  /// Creates the file.
  ///
  /// - Throws: `FileError` when it cannot be created, or exists already.
  public init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = Disk.create(path)
    guard descriptor >= 0 else {
      throw FileError(path, "cannot be created: \(systemMessage())")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileError`, for example when the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes[...]
    while let start = rest.baseAddressOfFirst {
      let written = Disk.put(start, rest.count, into: descriptor)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let reason = written == 0 ? "the system took none of the bytes" : systemMessage()
        throw FileError(path, "cannot be written: \(reason)")
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(FileError) in try write(buffer) }
    }
    try result.get()
  }

  /// Syncs what was written so far to the disk.
  public func sync() throws(FileError) {
    guard Disk.sync(descriptor) == 0 else {
      throw FileError(path, "cannot be synced to the disk: \(systemMessage())")
    }
  }

  /// Syncs the file to the disk and closes it; only then is it safely stored.
  public func finish() throws(FileError) {
    try sync()
    // Whatever comes of it, the number may be another file's afterwards.
    let closed = descriptor
    descriptor = -1
    guard close(closed) == 0 else {
      throw FileError(path, "cannot be written: \(systemMessage())")
    }
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate var baseAddressOfFirst: UnsafeRawPointer? {
    isEmpty ? nil : base.baseAddress?.advanced(by: startIndex)
  }
}
