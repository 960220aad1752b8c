import BillhookTorch

/// The weights in the safetensors files of a model directory, mapped.
///
/// On opening, every tensor is claimed: a missing one, one of another shape and one that belongs
/// to nothing are errors, so that no weight is ever left at random or left behind.
struct CheckpointWeights: WeightSource {
  private let directory: String
  private let names: TensorNames
  private let files: [String: SafetensorsFile]

  init(_ directory: ModelDirectory, holding configuration: ModelConfiguration) throws {
    self.directory = directory.path
    names = configuration.names
    files = try Self.filesByTensor(directory)
    try claim(configuration)
  }

  func stored(_ weight: WeightID) throws -> Tensor {
    let name = name(of: weight)
    return try file(holding: name).tensor(name)
  }

  func storedType(_ weight: WeightID) throws -> DType {
    let name = name(of: weight)
    guard let dtype = try file(holding: name).dtype(of: name) else {
      throw ModelError(directory, at: name, "there is no such tensor")
    }
    return dtype
  }

  private func name(of weight: WeightID) -> String {
    names.name(of: weight.role, at: weight.block)
  }

  private func file(holding name: String) throws(ModelError) -> SafetensorsFile {
    guard let file = files[name] else {
      throw ModelError(directory, at: name, "there is no such tensor")
    }
    return file
  }

  private func claim(_ configuration: ModelConfiguration) throws {
    var unclaimed = Set(files.keys)
    for (id, shape) in configuration.allWeights {
      let name = name(of: id)
      let file = try file(holding: name)
      guard file.shape(of: name) == shape else {
        let found = file.shape(of: name) ?? []
        throw ModelError(file.path, at: name, "config.json asks for \(shape), found \(found)")
      }
      guard file.dtype(of: name)?.isFloatingPoint == true else {
        throw ModelError(file.path, at: name, "expected floating-point numbers")
      }
      unclaimed.remove(name)
    }
    try claimTiedHead(configuration, &unclaimed)
    let unknown = unclaimed.filter { !names.isDerived($0) }.sorted()
    if let first = unknown.first {
      throw ModelError(
        directory,
        at: first,
        "belongs to nothing that config.json describes"
          + (unknown.count > 1 ? ", like \(unknown.count - 1) more" : "")
      )
    }
  }

  /// A tied model may carry its table a second time; if that is another one, it is not tied.
  private func claimTiedHead(
    _ configuration: ModelConfiguration,
    _ unclaimed: inout Set<String>
  ) throws {
    let head = name(of: WeightID(.head))
    guard configuration.tiesEmbeddings, unclaimed.remove(head) != nil else { return }
    guard try stored(WeightID(.head)).hasSameBytes(as: stored(WeightID(.embedding))) else {
      throw ModelError(
        directory,
        at: head,
        "differs from the embedding, but config.json says `tie_word_embeddings`: true"
      )
    }
  }

  private static func filesByTensor(_ directory: ModelDirectory) throws
    -> [String: SafetensorsFile]
  {
    let index = directory.file("model.safetensors.index.json")
    let single = directory.file("model.safetensors")
    if FileSystem.exists(index), FileSystem.exists(single) {
      throw ModelError(
        directory.path,
        "holds both model.safetensors and model.safetensors.index.json; remove the one that is "
          + "not the model's"
      )
    }
    if FileSystem.exists(index) { return try sharded(directory, index) }
    guard FileSystem.exists(single) else {
      throw ModelError(
        directory.path,
        "holds neither model.safetensors nor model.safetensors.index.json; weights in other "
          + "formats, such as pickled ones, are not read"
      )
    }
    let file = try SafetensorsFile(single)
    return Dictionary(uniqueKeysWithValues: file.names.map { ($0, file) })
  }

  private static func sharded(_ directory: ModelDirectory, _ index: String) throws
    -> [String: SafetensorsFile]
  {
    let index = try ShardIndex(index)
    var opened: [String: SafetensorsFile] = [:]
    var files: [String: SafetensorsFile] = [:]
    for (name, shard) in index.shards {
      let file = try opened[shard] ?? index.open(shard, for: name, in: directory)
      opened[shard] = file
      guard file.shape(of: name) != nil else {
        throw ModelError(index.path, at: name, "\(shard) holds no such tensor")
      }
      files[name] = file
    }
    for file in opened.values.sorted(by: { $0.path < $1.path }) {
      for name in file.names where files[name]?.path != file.path {
        let other = files[name].map { "belongs to \($0.path) in" } ?? "is missing in"
        throw ModelError(file.path, at: name, "\(other) \(index.path)")
      }
    }
    return files
  }
}
