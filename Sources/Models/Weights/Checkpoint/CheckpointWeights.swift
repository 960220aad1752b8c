import BillhookFiles
import BillhookTorch

/// The memory-mapped weights in the safetensors files of a model directory.
///
/// On opening, every tensor is accounted for: a missing one, one of the wrong shape and one that
/// belongs to nothing are errors, so that no weight is ever left at random or left behind.
struct CheckpointWeights: WeightSource {
  private let directory: String
  private let places: [WeightID: Place]
  /// The tensors of an image model that are not of its text model, by name.
  let carried: [StoredPlace]
  /// Where weights in codes are stored.
  private let quantised: [WeightID: QuantisedPlace]

  /// Where a weight is stored.
  private struct Place {
    let file: SafetensorsFile
    let tensor: String
    /// The weight's rows, where the tensor holds others as well; nil for the whole tensor.
    let rows: Range<Int>?
  }

  init(
    _ directory: ModelDirectory,
    holding configuration: ModelConfiguration,
    in codes: StoredCodes?
  ) throws {
    self.directory = directory.path
    let files = try CheckpointFiles.byTensor(in: directory)
    carried = Self.carried(configuration.layout, files)
    (places, quantised) = try Self.claim(configuration, files, codes, in: directory)
  }

  func stored(_ weight: WeightID) throws -> Tensor {
    if let place = quantised[weight] { return try place.matrix().dequantised().to(place.dtype) }
    let place = try place(of: weight)
    let tensor = try place.file.tensor(place.tensor)
    return try place.rows.map { try tensor.narrowed(0, to: $0) } ?? tensor
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    try quantised[weight].map { .codes($0.scheme) } ?? .numbers(storedType(weight))
  }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? {
    try quantised[weight]?.matrix()
  }

  func storedType(_ weight: WeightID) throws -> DType {
    if let place = quantised[weight] { return place.dtype }
    let place = try place(of: weight)
    guard let dtype = place.file.dtype(of: place.tensor) else {
      throw FileError(directory, at: place.tensor, "there is no such tensor")
    }
    return dtype
  }

  func places(of weight: WeightID) -> [StoredPlace] {
    places[weight].map { [StoredPlace(file: $0.file, tensor: $0.tensor)] }
      ?? quantised[weight]?.places ?? []
  }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) {
    quantised[weight]?.advise(advice)
    guard let place = places[weight] else { return }
    place.file.advise(place.tensor, advice)
  }

  private func place(of weight: WeightID) throws(FileError) -> Place {
    guard let place = places[weight] else {
      throw FileError(directory, at: "\(weight)", "there is no such weight")
    }
    return place
  }

  private static func carried(
    _ layout: TensorNames.Layout?,
    _ files: [String: SafetensorsFile]
  ) -> [StoredPlace] {
    guard let layout else { return [] }
    return files.filter { !layout.isText($0.key) }.sorted { $0.key < $1.key }
      .map { StoredPlace(file: $0.value, tensor: $0.key) }
  }

  private static func claim(
    _ configuration: ModelConfiguration,
    _ files: [String: SafetensorsFile],
    _ codes: StoredCodes?,
    in directory: ModelDirectory
  ) throws -> (places: [WeightID: Place], quantised: [WeightID: QuantisedPlace]) {
    var unclaimed = Set(files.keys.filter { configuration.layout?.isText($0) ?? true })
    var places: [WeightID: Place] = [:]
    var quantised: [WeightID: QuantisedPlace] = [:]
    let (embedding, head) = (
      configuration.names.name(of: .embedding, at: nil),
      configuration.names.name(of: .head, at: nil)
    )
    // Of the two names of a shared table, some programs keep one and some the other.
    let isUnderHead = configuration.tiesEmbeddings && files[embedding] == nil && files[head] != nil
    for tensor in configuration.tensors(position: { $0 }) {
      if let codes, tensor.parts[0].id.role.kind == .projection,
        let module = QuantisedPlace.module(inPlaceOf: tensor.name, in: files)
      {
        for (part, rows) in zip(tensor.parts, tensor.rows) {
          quantised[part.id] = try QuantisedPlace(
            module,
            rows: rows,
            of: tensor.shape,
            codes,
            in: files,
            at: directory.path
          )
        }
        unclaimed.subtract(QuantisedPlace.parts.map { "\(module).\($0)" })
        // Some programs give every module in codes a bias, of zeros where the model has none.
        let bias = "\(module).bias"
        if let file = files[bias], !isNeeded(bias, by: configuration),
          try file.tensor(bias).abs().sum(dtype: .float64).scalar() == 0
        {
          unclaimed.remove(bias)
        }
        continue
      }
      let name = isUnderHead && tensor.name == embedding ? head : tensor.name
      guard let file = files[name] else {
        throw FileError(directory.path, at: name, "there is no such tensor")
      }
      guard file.shape(of: name) == tensor.shape else {
        let found = file.shape(of: name) ?? []
        throw FileError(
          file.path,
          at: name,
          "config.json asks for \(tensor.shape), found \(found)"
        )
      }
      guard file.dtype(of: name)?.isFloatingPoint == true else {
        throw FileError(file.path, at: name, "expected floating-point numbers")
      }
      unclaimed.remove(name)
      for (part, rows) in zip(tensor.parts, tensor.rows) {
        let rows = tensor.parts.count == 1 ? nil : rows
        places[part.id] = Place(file: file, tensor: name, rows: rows)
      }
    }
    if configuration.tiesEmbeddings, unclaimed.remove(head) != nil, let file = files[head] {
      try compareTied(file, head, with: places[WeightID(.embedding)], in: directory)
    }
    let unknown = unclaimed.sorted().filter {
      !DerivedTensor.isDerived($0, shape: files[$0]?.shape(of: $0) ?? [])
    }
    if let first = unknown.first {
      throw FileError(
        directory.path,
        at: first,
        "belongs to nothing that config.json describes"
          + (unknown.count > 1 ? ", like \(unknown.count - 1) more" : "")
      )
    }
    return (places, quantised)
  }

  /// Whether the model has a weight of this name.
  private static func isNeeded(_ name: String, by configuration: ModelConfiguration) -> Bool {
    configuration.tensors(position: { $0 }).contains { $0.name == name }
  }

  /// A tied model may store its table twice; if the two differ, it is not tied.
  private static func compareTied(
    _ file: SafetensorsFile,
    _ head: String,
    with embedding: Place?,
    in directory: ModelDirectory
  ) throws {
    guard let embedding,
      try file.tensor(head).hasSameBytes(as: embedding.file.tensor(embedding.tensor))
    else {
      throw FileError(
        directory.path,
        at: head,
        "differs from the embedding, but config.json says `tie_word_embeddings`: true"
      )
    }
  }
}
