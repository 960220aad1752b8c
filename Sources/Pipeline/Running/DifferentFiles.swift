import BillhookCore

/// Processes that run one plan see different files at one path.
struct DifferentFiles: Error, CustomStringConvertible {
  let description: String

  /// Compares the files that all processes have read; nil where they see the same.
  ///
  /// All of them have to ask.
  init?(_ hashes: FileHashes, in processes: ProcessGroup) throws {
    let own = hashes.read.map { "\($0.value) \($0.key)" }.joined(separator: "\n")
    let all = try (0..<processes.size).map { rank in
      Self.hashes(try processes.broadcast(bytes: Array(own.utf8), from: rank) ?? [])
    }
    let differences = all.enumerated().dropFirst().flatMap { rank, files in
      all[0].compactMap { path, hash -> String? in
        guard let other = files[path], other != hash else { return nil }
        return "\(path) (process \(rank) has \(other.prefix(12))…, process 0 \(hash.prefix(12))…)"
      }
    }
    guard !differences.isEmpty else { return nil }
    description =
      "the processes see different files: \(differences.sorted().joined(separator: "; ")); copy them, "
      + "or use a file system that all of them share"
  }

  /// Hashes by paths, as they are sent: one of each on a line.
  private static func hashes(_ bytes: [UInt8]) -> [String: String] {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return lines.reduce(into: [:]) { files, line in
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      if words.count == 2 { files[words[1]] = words[0] }
    }
  }
}
