public import BillhookTorch

/// A weight source in which some weights were replaced; the new ones lie in files of their own.
struct ReplacedWeights: WeightSource {
  private let base: any WeightSource
  private var files: [WeightID: SafetensorsFile] = [:]

  init(over base: any WeightSource) {
    self = (base as? ReplacedWeights) ?? ReplacedWeights(base: base)
  }

  private init(base: any WeightSource) { self.base = base }

  func stored(_ weight: WeightID) throws -> Tensor {
    guard let file = files[weight] else { return try base.stored(weight) }
    return try file.tensor(weight.role.rawValue)
  }

  func storedType(_ weight: WeightID) throws -> DType {
    // A changed weight goes back to the type that it came in, whatever it was computed in.
    try base.storedType(weight)
  }

  mutating func replace(_ weights: [WeightID], by file: SafetensorsFile) {
    for weight in weights { files[weight] = file }
  }
}

extension LanguageModel {
  /// The model with some weights of a block replaced; they are kept in a new file in `folder`.
  ///
  /// - Throws: `ModelError` when a new weight has another shape than the one it replaces.
  public func replacing(
    _ new: [WeightRole: Tensor],
    inBlock number: Int,
    at folder: String
  ) throws -> LanguageModel {
    guard let block = blocks.first(where: { $0.sourceIndex == number }) else {
      throw ModelError(directory.path, "has no block \(number)")
    }
    let shapes = Dictionary(
      uniqueKeysWithValues: configuration.weights(of: block).map { ($0.id.role, $0.shape) }
    )
    let ids = new.keys.map { WeightID($0, block: number) }.sorted { "\($0)" < "\($1)" }
    let plans = try ids.map { id in
      guard let tensor = new[id.role], tensor.shape == shapes[id.role] else {
        let shape = shapes[id.role].map { "\($0)" } ?? "none"
        throw ModelError(
          directory.path,
          at: "\(id)",
          "expected the shape \(shape), found \(new[id.role]?.shape ?? [])"
        )
      }
      return TensorPlan(name: id.role.rawValue, dtype: tensor.dtype, shape: tensor.shape)
    }
    try FileSystem.makeDirectory(folder)
    let path = FileSystem.unusedPath("\(folder)/block-\(number)", extension: "safetensors")
    var writer = try SafetensorsWriter(path, holding: plans)
    for id in ids { if let tensor = new[id.role] { try writer.append(tensor) } }
    try writer.finish()
    var weights = ReplacedWeights(over: weights)
    weights.replace(ids, by: try SafetensorsFile(path))
    return LanguageModel(self, weights: weights)
  }
}
