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
    try processes.meet(at: "the files of a product")
    let text = try own.map { paths in
      let files = try paths.map { path -> JSON in
        ["path": .string(path), "checksum": .string(try checksum(of: path))]
      }
      return Array(JSON.array(files).text(indent: nil).utf8)
    }
    guard let found = try processes.broadcast(bytes: text) else { return nil }
    return try (JSON(parsing: found).array ?? []).map { file in
      let (path, sum) = (file["path"]?.string ?? "", file["checksum"]?.string ?? "")
      let isSeen = holds(path, checksum: sum)
      guard try processes.least(isSeen ? 1 : 0) == 0 else { return path }
      return try copy(path, sum, isSeen: isSeen, by: processes)
    }
  }

  /// The bytes that travel at once.
  private static let piece = 1 << 26

  private func copy(
    _ path: String,
    _ sum: String,
    isSeen: Bool,
    by processes: ProcessGroup
  ) throws -> String {
    let name = path.split(separator: "/").suffix(2).joined(separator: "/")
    let copy = "\(self.path)/\(name)"
    let source = processes.leads ? try MappedFile(path) : nil
    let count = try processes.broadcast(number: source?.byteCount ?? 0)
    var writer: FileWriter?
    if !isSeen {
      try FileSystem.makeDirectory(FileSystem.parent(of: copy))
      writer = try FileWriter(copy)
    }
    for start in stride(from: 0, to: count, by: Self.piece) {
      let part = start..<min(start + Self.piece, count)
      let sent = source?.withBytes { Array($0[part]) }
      let bytes = try processes.broadcast(bytes: sent) ?? []
      try bytes.withUnsafeBytes { try writer?.write($0) }
    }
    writer = nil
    guard !isSeen else { return path }
    guard holds(copy, checksum: sum) else {
      throw FileError(copy, "is not the file that process 0 sent; start again")
    }
    return copy
  }
}
