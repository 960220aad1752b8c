import BillhookCore

extension Products {
  /// The files of a product of process 0 in all processes: where it has them, if the same bytes are seen
  /// there; else as copies in the folder of products.
  ///
  /// - Parameters:
  ///   - own: The paths as process 0 has them; nil where it has none, and in the other processes.
  ///   - processes: The processes.
  /// - Returns: Their paths, nil in all processes where process 0 has none.
  /// - Throws: `FileError` when a copy cannot be written, and what tells of other processes.
  func shared(_ own: [String]?, by processes: ProcessGroup) throws -> [String]? {
    // What may fail here alone comes before the meeting.
    let text = try own.map { paths in
      let files = try paths.map { path -> JSON in
        ["path": .string(path), "checksum": .string(try checksum(of: path))]
      }
      return Array(JSON.array(files).text(indent: nil).utf8)
    }
    try processes.meet(at: "the files of a product")
    guard let found = try processes.broadcast(bytes: text) else { return nil }
    return try (JSON(parsing: found).array ?? []).map { file in
      let (path, sum) = (file["path"]?.string ?? "", file["checksum"]?.string ?? "")
      let copy = "\(self.path)/" + path.split(separator: "/").suffix(2).joined(separator: "/")
      let seen = [path, copy].first { holds($0, checksum: sum) }
      if try processes.least(seen == nil ? 0 : 1) == 0 {
        try send(path, sum, to: seen == nil ? copy : nil, by: processes)
      }
      return seen ?? copy
    }
  }

  /// The bytes that travel at once.
  private static let piece = 1 << 26

  /// Sends a file of process 0 to all, of whom some write it.
  ///
  /// Who cannot write goes on receiving, so that processes stay in step, and says so at the end.
  private func send(
    _ path: String,
    _ sum: String,
    to copy: String?,
    by processes: ProcessGroup
  ) throws {
    let source = try processes.leads ? MappedFile(path) : nil
    try processes.meet(at: "a file of a product")
    let count = try processes.broadcast(number: source?.byteCount ?? 0)
    var failure: (any Error)?
    var writer: FileWriter?
    do {
      if let copy {
        try FileSystem.makeDirectory(FileSystem.parent(of: copy))
        try FileSystem.remove(copy)
        writer = try FileWriter(copy)
      }
    } catch { failure = error }
    for start in stride(from: 0, to: count, by: Self.piece) {
      let part = start..<min(start + Self.piece, count)
      let sent = source?.withBytes { Array($0[part]) }
      let bytes = try processes.broadcast(bytes: sent) ?? []
      guard failure == nil else { continue }
      do { try bytes.withUnsafeBytes { try writer?.write($0) } } catch { failure = error }
    }
    writer = nil
    if let copy, failure == nil, !holds(copy, checksum: sum) {
      failure = FileError(copy, "is not the file that process 0 sent; start again")
    }
    if let failure { throw failure }
  }
}
