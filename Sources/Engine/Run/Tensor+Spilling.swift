import BillhookFiles
public import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Tensor {
  /// The same elements in a memory-mapped file, which is deleted with the tensor.
  ///
  /// Its pages are memory that the operating system can reclaim at any time.
  ///
  /// - Parameter folder: Where the file is written; made where it is missing.
  /// - Returns: A tensor on the CPU, not to be written to.
  /// - Throws: `FileError`, for example when the disk is full.
  public func spilled(to folder: String) throws -> Tensor {
    guard byteCount > 0 else { return self }
    try FileSystem.makeDirectory(folder)
    let path = FileSystem.unusedPath("\(folder)/spilled", extension: "bin")
    defer { try? FileSystem.remove(path) }
    try withBytes { bytes in
      let file = try FileWriter(path)
      try file.write(bytes)
    }
    let pages = try SpilledPages(path, byteCount: byteCount)
    return try Tensor(over: pages.start, shape: shape, dtype: dtype, owner: pages)
  }
}

extension Tensor {
  /// The same elements, in a memory-mapped file where they take a mebibyte or more.
  ///
  /// - Throws: `FileError`, for example when the disk is full.
  package func spilledWhereLarge(to folder: String) throws -> Tensor {
    byteCount < 1 << 20 ? self : try spilled(to: folder)
  }
}

/// A mapped file that nothing else uses; unlike a `MappedFile` it holds no file descriptor, of
/// which a process has few.
private final class SpilledPages: @unchecked Sendable {
  let start: UnsafeRawPointer
  private let byteCount: Int

  init(_ path: String, byteCount: Int) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(path, "cannot be opened: \(systemMessage())")
    }
    defer { close(descriptor) }
    let start = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw FileError(path, "cannot be mapped into memory: \(systemMessage())")
    }
    self.start = UnsafeRawPointer(start)
    self.byteCount = byteCount
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: start), byteCount) }
}
