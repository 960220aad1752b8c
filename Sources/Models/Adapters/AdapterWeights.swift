import BillhookFiles
import BillhookTorch

/// A weight source that merges the updates of a PEFT adapter into the matrices of another source.
struct AdapterWeights: WeightLayer {
  let base: any WeightSource
  private let file: SafetensorsFile
  private let updates: [WeightID: Update]
  /// Signs that the adapter was made for another model.
  let remarks: [String]

  /// Where the update of a weight is stored.
  private struct Update {
    /// The name of the module that it belongs to.
    let module: String
    /// The weight's rows, where the module holds other weights as well; nil for all.
    let rows: Range<Int>?
    let scale: Double
  }

  /// Opens an adapter for a model.
  ///
  /// - Throws: `FileError` when it is of another kind, or does not fit the model.
  init(_ directory: String, over model: LanguageModel) throws {
    base = model.weights
    let configuration = try AdapterConfiguration(directory, for: model.directory)
    file = try Self.file(in: directory)
    let positions = model.positions
    var unclaimed = Set(file.names)
    var updates: [WeightID: Update] = [:]
    var places: Set<Int> = []
    for stored in model.configuration.tensors(position: { positions[$0] }) {
      // Programs differ in whether they name the modules of an image model as its files do.
      let own = String(stored.name.dropLast(".weight".count))
      let names = [model.configuration.module(ofTensor: stored.name), own]
      let module = names.first { unclaimed.contains(Self.name($0, "A")) } ?? own
      let (down, up) = (Self.name(module, "A"), Self.name(module, "B"))
      guard unclaimed.contains(down), unclaimed.contains(up) else { continue }
      unclaimed.subtract([down, up])
      let shapes = (file.shape(of: down) ?? [], file.shape(of: up) ?? [])
      let rank = shapes.0.first ?? 0
      guard rank > 0, stored.shape.count == 2, shapes.0 == [rank, stored.shape[1]],
        shapes.1 == [stored.shape[0], rank]
      else {
        throw FileError(
          file.path,
          at: module,
          "expected matrices for \(stored.shape), found \(shapes.0) and \(shapes.1)"
        )
      }
      let scale = try configuration.scale(of: module, rank: rank)
      places.formUnion(stored.parts.compactMap { $0.id.block.flatMap { positions[$0] } })
      for (part, rows) in zip(stored.parts, stored.rows) {
        let isWhole = stored.parts.count == 1
        updates[part.id] = Update(module: module, rows: isWhole ? nil : rows, scale: scale)
      }
    }
    if let first = unclaimed.sorted().first {
      throw FileError(
        file.path,
        at: first,
        "belongs to no matrix of \(model.directory.path); \(AdapterKeys.advice)"
      )
    }
    self.updates = updates
    remarks = [
      configuration.remark(onBaseOf: model.directory),
      configuration.remark(onBlocks: places, of: model),
    ].compactMap { $0 }
  }

  func changes(_ weight: WeightID) -> Bool { updates[weight] != nil }

  func stored(_ weight: WeightID) throws -> Tensor {
    let matrix = try base.stored(weight)
    guard let update = updates[weight] else { return matrix }
    let up = try file.tensor(Self.name(update.module, "B"))
    return try LowRankUpdate(
      down: file.tensor(Self.name(update.module, "A")),
      up: update.rows.map { try up.narrowed(0, to: $0) } ?? up,
      scale: update.scale
    ).merged(into: matrix).to(matrix.dtype)
  }

  func places(of weight: WeightID) -> [StoredPlace] {
    let below = base.places(of: weight)
    guard let update = updates[weight] else { return below }
    return below
      + ["A", "B"].map { StoredPlace(file: file, tensor: Self.name(update.module, $0)) }
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    let encoding = try base.encoding(of: weight)
    // Where an adapter changes some of a model in codes, all of it is saved as numbers.
    return updates[weight] == nil && encoding.scheme == nil
      ? encoding : .numbers(try storedType(weight))
  }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { nil }

  private static func file(in directory: String) throws(FileError) -> SafetensorsFile {
    let path = "\(directory)/adapter_model.safetensors"
    guard FileSystem.exists(path) || !FileSystem.exists("\(directory)/adapter_model.bin") else {
      throw FileError(
        directory,
        "holds adapter_model.bin, a pickled file, which is not read, and no "
          + "adapter_model.safetensors; PEFT writes that by `save_pretrained`"
      )
    }
    return try SafetensorsFile(path)
  }

  private static func name(_ module: String, _ matrix: String) -> String {
    "base_model.model.\(module).lora_\(matrix).weight"
  }
}

extension LanguageModel {
  /// The model with a PEFT adapter merged into it.
  ///
  /// - Throws: `FileError` when the adapter is not plain LoRA, does not fit the model, or would fill
  ///   zeros of a sparse model.
  public func merging(adapter directory: String) throws -> LanguageModel {
    if try isSparse() {
      let stored = (weights as? ZerosAsMasks)?.base ?? weights
      let hasFile = try projections.contains { try stored.hasMask($0) }
      throw FileError(
        directory,
        "an adapter fills the zeros of a sparse model: \(self.directory.path) has "
          + (hasFile
            ? "masks in \(MaskFile.name); " : "zeros, which `zeros = keep` takes for masks; ")
          + "merge the adapter before pruning, or train one with `recover lora` after it, whose updates "
          + "are masked" + (hasFile ? "" : "; without `zeros = keep` the adapter may fill them")
      )
    }
    let weights = try AdapterWeights(directory, over: self)
    var model = LanguageModel(self, weights: weights)
    model.remarks += weights.remarks
    return model
  }
}
