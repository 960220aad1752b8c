import BillhookCore

/// Processes that run one plan see different files at one path.
struct DifferentFiles: Error, CustomStringConvertible {
  let description: String

  /// Compares the files that all processes have read; nil where they see the same.
  ///
  /// All of them have to ask.
  init?(_ hashes: FileHashes, in processes: ProcessGroup) throws {
    let own = hashes.read
    var differences: [String] = []
    for rank in 1..<max(2, processes.size) {
      let text = own.map { "\($0.value) \($0.key)" }.joined(separator: "\n")
      let found = try processes.broadcast(bytes: Array(text.utf8), from: rank) ?? []
      let theirs = String(decoding: found, as: UTF8.self).split(separator: "\n")
        .reduce(into: [String: String]()) { files, line in
          let words = line.split(separator: " ", maxSplits: 1)
          if words.count == 2 { files[String(words[1])] = String(words[0]) }
        }
      let leading = try processes.broadcast(bytes: Array(text.utf8)) ?? []
      for line in String(decoding: leading, as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, let other = theirs[words[1]], other != words[0] else { continue }
        differences.append(
          "\(words[1]) (process \(rank) has \(other.prefix(12))…, process 0 \(words[0].prefix(12))…)"
        )
      }
    }
    guard !differences.isEmpty else { return nil }
    description =
      "the processes see different files: \(differences.sorted().joined(separator: "; ")); copy them, "
      + "or use a file system that all of them share"
  }
}
