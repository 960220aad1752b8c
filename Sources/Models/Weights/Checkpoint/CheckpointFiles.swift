import BillhookFiles
import BillhookTorch

/// The safetensors files of a model directory, by the tensors that are read from them.
enum CheckpointFiles {
  private static let single = "model.safetensors"
  private static let index = "model.safetensors.index.json"

  /// The file of every tensor, by the index or, where there is a single file, by its contents.
  ///
  /// - Throws: `FileError` when files are missing, or contradict each other.
  static func byTensor(in directory: ModelDirectory) throws -> [String: SafetensorsFile] {
    let hasSingle = try isThere(single, in: directory)
    guard try isThere(index, in: directory) else {
      guard hasSingle else { throw try missing(in: directory) }
      let file = try SafetensorsFile(directory.file(single))
      return Dictionary(uniqueKeysWithValues: file.names.map { ($0, file) })
    }
    let index = try ShardIndex(directory.file(index))
    if hasSingle, !index.files.contains(single) {
      throw contradiction(index, in: directory)
    }
    return try byTensor(index, in: directory)
  }

  private static func byTensor(_ index: ShardIndex, in directory: ModelDirectory) throws
    -> [String: SafetensorsFile]
  {
    var opened: [String: SafetensorsFile] = [:]
    var files: [String: SafetensorsFile] = [:]
    for (name, shard) in index.shards {
      let file = try opened[shard] ?? index.open(shard, for: name, in: directory)
      opened[shard] = file
      guard file.shape(of: name) != nil else {
        throw FileError(index.path, at: name, "\(shard) holds no such tensor")
      }
      files[name] = file
    }
    for file in opened.values.sorted(by: { $0.path < $1.path }) {
      for name in file.names where files[name]?.path != file.path {
        try checkSurplus(name, of: file, listed: files[name], index)
      }
    }
    return files
  }

  /// Refuses a tensor that the index does not assign to this file, unless it can be computed, or
  /// equals the tensor that the index names.
  private static func checkSurplus(
    _ name: String,
    of file: SafetensorsFile,
    listed: SafetensorsFile?,
    _ index: ShardIndex
  ) throws {
    guard let listed else {
      if DerivedTensor.isDerived(name, shape: file.shape(of: name) ?? []) { return }
      throw FileError(
        file.path,
        at: name,
        "is missing in \(index.path); add it there, or remove it from the file"
      )
    }
    guard try !listed.tensor(name).hasSameBytes(as: file.tensor(name)) else { return }
    throw FileError(
      file.path,
      at: name,
      "differs from the tensor in \(listed.path), which \(index.path) names; remove one of them"
    )
  }

  /// Whether a file exists; a link whose target does not exist is an error.
  private static func isThere(_ name: String, in directory: ModelDirectory) throws(FileError)
    -> Bool
  {
    let path = directory.file(name)
    if FileSystem.exists(path) { return true }
    try FileSystem.checkNoDanglingLink(path)
    return false
  }

  private static func contradiction(_ index: ShardIndex, in directory: ModelDirectory)
    -> FileError
  {
    let missing = index.files.filter { !FileSystem.exists(directory.file($0)) }
    guard let first = missing.first else {
      return FileError(
        directory.path,
        "\(single) and the files of \(self.index) both hold weights, and programs differ in which "
          + "they read; remove \(single), or \(self.index) with its files"
      )
    }
    let more = missing.count > 1 ? " and \(missing.count - 1) more" : ""
    return FileError(
      directory.path,
      "\(self.index) names \(first)\(more), which the directory lacks, and not \(single), which it "
        + "holds; remove \(self.index) if \(single) is the model, or else \(single), and "
        + "fetch what is missing"
    )
  }

  /// The error for a directory without weights, which says what it has instead.
  private static func missing(in directory: ModelDirectory) throws(FileError) -> FileError {
    let names = try FileSystem.names(in: directory.path)
    if let shard = names.first(where: { $0.hasSuffix(".safetensors") && $0.contains("-of-") }) {
      return FileError(
        directory.path,
        "holds \(shard), but not \(index), which says what is in which file; get it as well"
      )
    }
    let whole = names.filter { $0.hasSuffix(".gguf") }
    guard whole.isEmpty else {
      return FileError(
        directory.path,
        "holds GGUF files, but neither \(single) nor \(index); name the file: \(shownNames(whole))"
      )
    }
    let pickled = names.first {
      $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth")
    }
    return FileError(
      directory.path,
      "holds neither \(single) nor \(index); weights in other formats, such as pickled ones, are "
        + "not read"
        + (pickled.map {
          ": in place of \($0), fetch the safetensors files, or write them with "
            + "`save_pretrained` of transformers"
        } ?? "")
    )
  }
}
