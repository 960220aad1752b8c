public import BillhookFiles
public import BillhookTorch

/// Writes a model as a Hugging Face directory, one tensor at a time.
public struct ModelWriter {
  private let model: LanguageModel
  private let architecture: SavedArchitecture
  private let dtype: DType?
  private let shardLimit: Int

  /// A writer for a model.
  ///
  /// - Parameters:
  ///   - model: The model, with nothing switched off.
  ///   - architecture: The architecture that `config.json` names.
  ///   - dtype: The type that weights are rounded to; nil for the stored type of each.
  ///   - shardLimit: The bytes that one file of weights may hold; a larger tensor gets a file of
  ///     its own.
  public init(
    _ model: LanguageModel,
    as architecture: SavedArchitecture = .family,
    dtype: DType?,
    shardLimit: Int
  ) {
    self.model = model
    self.architecture = architecture
    self.dtype = dtype
    self.shardLimit = shardLimit
  }

  /// Writes everything into an empty directory.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - between: Called before each tensor, with the share of all bytes that is written.
  /// - Throws: `FileError` when the architecture cannot hold the model, or writing fails, and what
  ///   `between` throws.
  public func write(into directory: String, between: BetweenPieces = { _ in }) throws {
    guard model.gates == Gates() else {
      throw FileError(directory, "a model with closed gates cannot be saved; cut it first")
    }
    if let obstacle = model.obstacle(to: architecture) {
      throw FileError(directory, at: "config.json", obstacle.reason)
    }
    if let obstacle = model.obstacleToCodes(roundedTo: dtype) {
      throw FileError(directory, at: ConfigurationReader.codesKey, obstacle)
    }
    try model.directory.companions.copy(from: model.directory.path, into: directory)
    let configuration = try ConfigurationEdit.text(for: model, dtype: dtype, as: architecture)
    try FileSystem.write(configuration.bytes, to: "\(directory)/config.json")
    if architecture == .custom, let family = Family.of(model.configuration) {
      try FileSystem.write(
        Array(CustomArchitecture.source(of: family, model.configuration.names).utf8),
        to: "\(directory)/\(CustomArchitecture.fileName)"
      )
    }
    if architecture == .nemotronNAS {
      try FileSystem.write(
        Array(NemotronCode.source.utf8),
        to: "\(directory)/\(CustomArchitecture.fileName)"
      )
    }
    try Self.write(masksOf: model, into: directory)
    try writeWeights(into: directory, between)
  }

  /// The type in which a weight is written.
  public func dtype(of weight: WeightID) throws -> DType {
    try dtype ?? model.weights.storedType(weight)
  }

  private struct Item {
    let content: Content
    let plan: TensorPlan
  }

  private enum Content {
    /// Weights, stacked by rows.
    case weights([WeightID])
    /// One of the tensors of a matrix in codes: of weights, stacked by rows.
    case codes(QuantisedMatrix.Part, of: [WeightID])
    /// A tensor of an image model, as it is.
    case carried(StoredPlace)
  }

  private func tensor(_ content: Content) throws -> Tensor {
    switch content {
    case .carried(let place): return try place.file.tensor(place.tensor)
    case .weights(let ids):
      let parts = try ids.map { try model.weights.stored($0) }
      return try parts.count == 1 ? parts[0] : Tensor.joined(parts, along: 0)
    case .codes(let part, of: let ids):
      return try QuantisedMatrix.saved(part, of: ids.map { try quantised($0) })
    }
  }

  private func writeWeights(into directory: String, _ between: BetweenPieces) throws {
    let shards = try shards()
    let total = shards.joined().reduce(0) { $0 + $1.plan.byteCount }
    var written = 0
    var members: [JSON.Member] = []
    for (number, shard) in shards.enumerated() {
      let name =
        shards.count == 1
        ? "model.safetensors"
        : "model-\(padded(number + 1))-of-\(padded(shards.count)).safetensors"
      var writer = try SafetensorsWriter("\(directory)/\(name)", holding: shard.map(\.plan))
      for item in shard {
        try between(Double(written) / Double(max(1, total)))
        written += item.plan.byteCount
        try writer.append(tensor(item.content))
        switch item.content {
        case .weights(let ids), .codes(_, of: let ids):
          for id in ids { model.weights.advise(id, .notForNow) }
        case .carried(let place): place.file.advise(place.tensor, .notForNow)
        }
      }
      try writer.finish()
      members += shard.map { JSON.Member(key: $0.plan.name, value: .string(name)) }
    }
    guard shards.count > 1 else { return }
    // Written last, so that a directory with an index is complete.
    let index: JSON = [
      "metadata": ["total_size": .number(JSONNumber(total))],
      "weight_map": .object(members.sorted { $0.key < $1.key }),
    ]
    let path = "\(directory)/model.safetensors.index.json"
    try FileSystem.write(Array((index.text() + "\n").utf8), to: path)
  }

  private func quantised(_ weight: WeightID) throws -> QuantisedMatrix {
    guard let matrix = try model.weights.quantised(weight) else {
      throw FileError(model.directory.path, at: "\(weight)", "its codes are not known")
    }
    return matrix
  }

  private func shards() throws -> [[Item]] {
    var shards: [[Item]] = [[]]
    var bytes = 0
    for item in try items() {
      if bytes + item.plan.byteCount > shardLimit, bytes > 0 {
        shards.append([])
        bytes = 0
      }
      shards[shards.count - 1].append(item)
      bytes += item.plan.byteCount
    }
    return shards
  }

  /// Every weight with the name that it gets when the kept blocks are renumbered, and everything that is
  /// carried along.
  private func items() throws -> [Item] {
    let positions = model.positions
    let weights = try model.configuration.tensors(position: { positions[$0] }).flatMap { tensor in
      let ids = tensor.parts.map(\.id)
      if let scheme = model.weights.scheme(of: ids[0]) {
        let module = String(tensor.name.dropLast(".weight".count))
        let matrix = try quantised(ids[0])
        return QuantisedMatrix.Part.allCases.map { part in
          let plan = TensorPlan(
            name: "\(module).\(part.rawValue)",
            dtype: part.dtype(in: matrix),
            shape: part.shape(of: tensor.shape, scheme)
          )
          return Item(content: .codes(part, of: ids), plan: plan)
        }
      }
      let plan = TensorPlan(name: tensor.name, dtype: try dtype(of: ids[0]), shape: tensor.shape)
      return [Item(content: .weights(ids), plan: plan)]
    }
    return try weights + model.carried.map { Item(content: .carried($0), plan: try $0.plan()) }
  }

  private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
