#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A whole file in memory, read on demand by the operating system and never written.
///
/// Sendable although it holds a pointer: the bytes are mapped once and only read from then on.
public final class MappedFile: @unchecked Sendable {
  /// The path that the file was opened by.
  public let path: String
  /// The number of bytes.
  public let byteCount: Int
  private let start: UnsafeRawPointer?
  private let identity: FileIdentity
  private let descriptor: Int32

  /// Maps a file.
  ///
  /// - Throws: `FileError` when it is missing, unreadable or not a regular file.
  public convenience init(_ path: String) throws(FileError) {
    // Without O_NONBLOCK, opening a named pipe would wait here for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = systemMessage()
      try FileSystem.checkNoDanglingLink(path)
      throw FileError(path, "cannot be opened: \(reason)")
    }
    try self.init(path, taking: descriptor)
  }

  /// Maps a file that is already open, and closes it in the end.
  ///
  /// - Parameters:
  ///   - path: What errors call the file.
  ///   - descriptor: The file.
  /// - Throws: `FileError` when it cannot be mapped or is not a regular file.
  init(_ path: String, taking descriptor: Int32) throws(FileError) {
    guard let identity = FileIdentity(descriptor: descriptor), identity.isFile else {
      close(descriptor)
      throw FileError(path, "expected a file, found something else")
    }
    var start: UnsafeMutableRawPointer?
    if identity.byteCount > 0 {
      start = mmap(nil, identity.byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard start != MAP_FAILED else {
        let reason = systemMessage()
        close(descriptor)
        throw FileError(path, "cannot be mapped into memory: \(reason)")
      }
    }
    self.path = path
    self.byteCount = identity.byteCount
    self.start = start.map { UnsafeRawPointer($0) }
    self.identity = identity
    self.descriptor = descriptor
  }

  deinit {
    if let start { munmap(UnsafeMutableRawPointer(mutating: start), byteCount) }
    close(descriptor)
  }

  /// Calls `body` with the bytes, which must not be used after it returns.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // A pointer alone would not keep the mapping alive.
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: start, count: byteCount))
  }

  /// A copy of some of the bytes.
  ///
  /// The bytes are read from the file, not from the mapping: if the file was truncated meanwhile,
  /// the mapping would raise a signal that ends the process.
  ///
  /// - Throws: `FileError` when the file no longer reaches that far.
  public func copy(of range: Range<Int>) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress, $0.count, off_t(range.lowerBound + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path, "cannot be read: \(systemMessage())") }
      guard count > 0 else { throw FileError(path, "was cut short while it was read") }
      done += count
    }
    return bytes
  }

  /// Whether another file holds the same bytes.
  ///
  /// - Parameters:
  ///   - other: The other file.
  ///   - between: Called between two pieces, with the share that was compared.
  /// - Returns: Whether it does.
  /// - Throws: What `between` throws.
  public func hasSameBytes(
    as other: MappedFile,
    between: BetweenPieces = { _ in }
  ) throws -> Bool {
    guard byteCount == other.byteCount else { return false }
    for start in stride(from: 0, to: byteCount, by: 1 << 26) {
      try between(Double(start) / Double(byteCount))
      let piece = start..<min(start + 1 << 26, byteCount)
      let isEqual = withBytes { one in
        other.withBytes { two in
          UnsafeRawBufferPointer(rebasing: one[piece])
            .isEqual(to: UnsafeRawBufferPointer(rebasing: two[piece]))
        }
      }
      guard isEqual else { return false }
    }
    return true
  }

  /// Checks that the file is still the one that was opened.
  ///
  /// - Throws: `FileError` when it was written to or cut short since.
  public func checkUnchanged() throws(FileError) {
    guard FileIdentity(descriptor: descriptor) == identity else {
      throw FileError(path, "the file was changed while it was in use; start again")
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let one = baseAddress, let two = other.baseAddress else { return true }
    return memcmp(one, two, count) == 0
  }
}

extension MappedFile {
  /// A text that identifies the file with its present contents.
  public var identityText: String { identity.text }

  /// Whether the last change is so recent that another could have the same time stamp.
  public var wasJustChanged: Bool { time(nil) - identity.changed <= 2 }
}

/// What shows whether a file was written to: its size and the times of its last change.
private struct FileIdentity: Equatable {
  let byteCount: Int
  let isFile: Bool
  /// The second of the last change, of contents or of anything else.
  let changed: Int
  let text: String

  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    byteCount = Int(status.st_size)
    isFile = status.st_mode & S_IFMT == S_IFREG
    #if canImport(Darwin)
    let times = [status.st_mtimespec, status.st_ctimespec]
    #else
    let times = [status.st_mtim, status.st_ctim]
    #endif
    changed = times.map { Int($0.tv_sec) }.max() ?? 0
    text =
      "\(status.st_dev):\(status.st_ino):\(byteCount)"
      + times.map { ":\($0.tv_sec).\($0.tv_nsec)" }.joined()
  }
}

/// What the operating system says about the call that just failed.
package func systemMessage() -> String { String(cString: strerror(errno)) }
