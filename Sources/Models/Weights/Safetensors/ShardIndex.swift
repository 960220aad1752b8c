import BillhookFiles

/// The index of weights in several files, which says which file holds each tensor.
struct ShardIndex {
  /// The path of the index.
  let path: String
  /// Every tensor with the name of its file, in the order of the index.
  let shards: [(tensor: String, file: String)]

  /// The largest index in bytes; those of the largest models have a few megabytes.
  private static let longest = 1 << 27

  /// Reads an index.
  ///
  /// - Throws: `FileError` for a damaged index, and for a file that is not the name of a
  ///   safetensors file in the same directory.
  init(_ path: String) throws(FileError) {
    guard let map = try JSON(contentsOf: path, atMost: Self.longest)["weight_map"]?.members else {
      throw FileError(path, at: "weight_map", "expected an object of tensor and file names")
    }
    var shards: [(tensor: String, file: String)] = []
    for member in map {
      guard let file = member.value.string.map(Self.withoutDot), Self.isFileName(file) else {
        throw FileError(
          path,
          at: member.key,
          "expected the name of a .safetensors file in the same directory, found "
            + member.value.text(indent: nil).shown(atMost: 60)
        )
      }
      shards.append((member.key, file))
    }
    self.path = path
    self.shards = shards
  }

  /// The names of its files, each once.
  var files: [String] {
    var seen: Set<String> = []
    return shards.map(\.file).filter { seen.insert($0).inserted }
  }

  /// Opens a tensor's file, a link included: in a cache, weights are links to whole files.
  func open(_ shard: String, for tensor: String, in directory: ModelDirectory) throws(FileError)
    -> SafetensorsFile
  {
    let path = directory.file(shard)
    guard FileSystem.exists(path) else {
      try FileSystem.checkNoDanglingLink(path)
      throw FileError(self.path, at: tensor, "is in \(shard), which is missing")
    }
    return try SafetensorsFile(path)
  }

  /// A name without a leading `./`.
  private static func withoutDot(_ name: String) -> String {
    name.hasPrefix("./") ? String(name.dropFirst(2)) : name
  }

  /// Compares bytes, since a slash followed by a combining mark is another `Character`.
  private static func isFileName(_ name: String) -> Bool {
    name.hasSuffix(".safetensors") && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }
}
