#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A gzip file, of one member or several.
package struct GzipFile {
  /// The file.
  package let path: String
  private let zlib: Zlib
  private let byteCount: Int

  /// How many bytes are unpacked between two calls of `between`.
  private static let pieceBytes = 1 << 20
  /// After how many bytes the free disk space is checked again.
  private static let bytesBetweenLooks = 1 << 26
  /// Disk space that is left to others.
  private static let leastRoom = 1 << 28

  /// Whether a file that begins with these bytes is a gzip file.
  package static func begins(_ start: some Sequence<UInt8>) -> Bool {
    start.starts(with: [0x1F, 0x8B])
  }

  /// Opens a file to unpack; nil where this system has no zlib, or there is no such file.
  package init?(_ path: String) {
    guard let zlib = Zlib.shared, let size = FileSystem.size(ofFile: path) else { return nil }
    self.path = path
    self.zlib = zlib
    byteCount = size
  }

  /// The contents, in a file without a name: its space is freed when nothing uses it any more,
  /// however the process ends.
  ///
  /// - Parameters:
  ///   - folder: Where the file is written; made where it is missing.
  ///   - between: Called between two pieces, with the share that is unpacked.
  /// - Returns: The contents of all members, one after the other.
  /// - Throws: `FileError` when the file is damaged or ends too early, or the disk is full, and what
  ///   `between` throws.
  package func unpacked(in folder: String, between: BetweenPieces = { _ in }) throws -> MappedFile {
    guard let source = zlib.open(path, "rb") else {
      throw FileError(path, "cannot be opened: \(systemMessage())")
    }
    defer { _ = zlib.close(source) }
    try FileSystem.makeDirectory(folder)
    // Threads and processes may unpack into one folder at the same time.
    let number = String(UInt64.random(in: 0 ... .max), radix: 36)
    let place = "\(folder)/billhook-unpacked-\(number).bin"
    let target = try FileWriter(place)
    let descriptor = open(place, O_RDONLY | O_CLOEXEC)
    let reason = systemMessage()
    do {
      try FileSystem.remove(place)
      guard descriptor >= 0 else { throw FileError(place, "cannot be opened: \(reason)") }
      try copy(source, to: target, folder, between)
    } catch {
      if descriptor >= 0 { close(descriptor) }
      throw error
    }
    return try MappedFile(path, taking: descriptor)
  }

  private func copy(
    _ source: OpaquePointer,
    to target: FileWriter,
    _ folder: String,
    _ between: BetweenPieces
  ) throws {
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    var (done, nextLook) = (0, Self.bytesBetweenLooks)
    while true {
      let share = Double(zlib.offset(source)) / Double(max(1, byteCount))
      try between(min(max(share, 0), 1))
      let count = piece.withUnsafeMutableBytes {
        Int(zlib.read(source, $0.baseAddress, UInt32($0.count)))
      }
      guard count > 0 else { return try checkEnd(source) }
      done += count
      if done >= nextLook {
        nextLook += Self.bytesBetweenLooks
        try checkRoom(in: folder, done)
      }
      do {
        try piece.withUnsafeBytes { bytes in
          try target.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
      } catch let error as FileError {
        throw FileError(path, "cannot be unpacked into \(folder): \(error.message)")
      }
    }
  }

  /// Checks that the data ended because it is complete.
  private func checkEnd(_ source: OpaquePointer) throws(FileError) {
    var code: Int32 = 0
    let message = zlib.message(source, &code).map { String(cString: $0) } ?? ""
    if code == Zlib.systemError { throw FileError(path, "cannot be read: \(systemMessage())") }
    if code == Zlib.bufferError {
      throw FileError(
        path,
        "is gzip that ends too early, so a part of it is missing; get it again (`gzip -t` tests it)"
      )
    }
    guard code >= 0 else {
      // zlib puts the path before its message.
      let words =
        message.hasPrefix("\(path): ") ? String(message.dropFirst(path.count + 2)) : message
      throw FileError(
        path,
        "is gzip that is damaged (\(words)); get it again (`gzip -t` tests it)"
      )
    }
  }

  private func checkRoom(in folder: String, _ done: Int) throws(FileError) {
    guard let room = FileSystem.room(at: folder), room.bytes < Self.leastRoom else { return }
    throw FileError(
      path,
      "cannot be unpacked: \(done >> 20) MiB of it are in \(folder), where \(room.bytes >> 20) MiB "
        + "are left; make room there, or use a shorter file"
    )
  }
}
