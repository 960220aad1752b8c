public import BillhookFiles
public import BillhookTorch

extension LanguageModel {
  /// The model with some weights replaced, some updated, some quantised and some masked; the changes are
  /// written to a file.
  ///
  /// A changed weight is rounded to its stored type, here and wherever it is lent, so that the
  /// model computes with the values that would be saved. A mask holds for whatever is changed later,
  /// until a newer one takes its place.
  ///
  /// - Parameters:
  ///   - weights: New values in the shapes of those that they replace.
  ///   - updates: Low-rank updates, in the shapes of the matrices that they are added to.
  ///   - masks: Which elements of weights stay, `bool` in their shapes; the others become +0.
  ///   - quantised: Codes in place of weights, in the shapes of those that they replace.
  ///   - path: The path of the file; an existing one is replaced.
  /// - Returns: The model, which reads from the file.
  /// - Throws: `FileError` when the model has no such weight, or its shape is another.
  public func editing(
    _ weights: [WeightID: Tensor],
    updates: [WeightID: LowRankUpdate] = [:],
    masks: [WeightID: Tensor] = [:],
    quantised: [WeightID: QuantisedMatrix] = [:],
    at path: String
  ) throws -> LanguageModel {
    let packed = try masks.mapValues { try $0.packedBits() }
    try checkShapes(masks.map { ($0, $1.shape) })
    return try editing(
      weights,
      updates: updates,
      packedMasks: packed,
      quantised: quantised,
      at: path
    )
  }

  /// The same with masks as bits (`Tensor.packedBits`).
  package func editing(
    _ weights: [WeightID: Tensor],
    updates: [WeightID: LowRankUpdate] = [:],
    packedMasks masks: [WeightID: Tensor],
    quantised: [WeightID: QuantisedMatrix] = [:],
    at path: String
  ) throws -> LanguageModel {
    try checkShapes(
      weights.map { ($0, $1.shape) }
        + updates.map { ($0, [$1.up.shape.first ?? 0, $1.down.shape.last ?? 0]) }
        + quantised.map { ($0, $1.shape) }
    )
    try FileSystem.makeDirectory(FileSystem.parent(of: path))
    var rounded: [WeightID: DType] = [:]
    for id in weights.keys { rounded[id] = try self.weights.storedType(id) }
    try WeightEdits.write(weights, as: rounded, updates, masks, quantised, to: path)
    return try editing(by: path)
  }

  /// New values of a weight, rounded to the type that it is stored in.
  ///
  /// - Throws: `FileError` where finite values are beyond the range of that type.
  package func rounded(_ value: Tensor, as weight: WeightID) throws -> Tensor {
    let type = try weights.storedType(weight)
    let rounded = try value.to(type)
    // Of all types only this one has a smaller range than those that weights are computed in.
    if type == .float16, try !rounded.allFinite(), try value.allFinite() {
      throw FileError(
        directory.path,
        at: "\(weight)",
        "its new values are beyond 65504, the largest that float16 holds, in which it is stored; "
          + "convert the model to bfloat16 or float32 first"
      )
    }
    return rounded
  }

  private func checkShapes(_ changed: [(id: WeightID, shape: [Int])]) throws(FileError) {
    let shapes = Dictionary(
      uniqueKeysWithValues: configuration.allWeights.map { ($0.id, $0.shape) }
    )
    for (id, found) in changed.sorted(by: { "\($0.0)" < "\($1.0)" }) where shapes[id] != found {
      let shape = shapes[id].map { "\($0)" } ?? "none"
      throw FileError(directory.path, at: "\(id)", "expected the shape \(shape), found \(found)")
    }
  }

  /// The model with the changes of a file that `editing` wrote.
  ///
  /// - Throws: `FileError` when the file does not exist, or is not such a file.
  public func editing(by path: String) throws -> LanguageModel {
    var weights = EditedWeights(over: weights)
    weights.add(try WeightEdits(path))
    return LanguageModel(self, weights: weights)
  }

  /// The model with the changes that it has on top of another model in one file instead of several,
  /// which must not change the same weights.
  ///
  /// - Parameters:
  ///   - other: The model that it was made from.
  ///   - path: The path of the file; an existing one is replaced.
  /// - Returns: The model, which reads from the file.
  /// - Throws: `FileError` when the model does not come from the other one, or writing fails.
  package func merging(editsSince other: LanguageModel, at path: String) throws -> LanguageModel {
    let edits = try newEdits(since: other)
    let tensors = try edits.flatMap { edits in
      try edits.file.names.sorted().map { (name: $0, tensor: try edits.file.tensor($0)) }
    }
    try SafetensorsWriter.replace(path, by: tensors)
    return try LanguageModel(self, weights: other.weights).editing(by: path)
  }

  /// The files of changed weights that the model has on top of another model, in order.
  ///
  /// - Throws: `FileError` when the model does not come from the other one.
  public func edits(since other: LanguageModel) throws(FileError) -> [String] {
    try newEdits(since: other).map(\.file.path)
  }

  /// The low-rank updates that the model has on top of another model; none where they are merged.
  ///
  /// - Throws: `FileError` when the model does not come from the other one.
  public func updates(since other: LanguageModel) throws -> [WeightID: LowRankUpdate] {
    try newEdits(since: other).reduce(into: [:]) { found, edits in
      found.merge(try edits.updates()) { $1 }
    }
  }

  /// The weights that were replaced, updated or masked on top of another model.
  ///
  /// - Throws: `FileError` when the model does not come from the other one.
  public func changedWeights(since other: LanguageModel) throws(FileError) -> Set<WeightID> {
    try newEdits(since: other).reduce(into: []) { $0.formUnion($1.weights) }
  }

  private func newEdits(since other: LanguageModel) throws(FileError) -> [WeightEdits] {
    // Between the files there may be copies on a device.
    func edits(_ source: any WeightSource) -> [WeightEdits] {
      switch source {
      case let edited as EditedWeights: edits(edited.base) + edited.edits
      case let resident as ResidentWeights: edits(resident.base)
      case let prefetched as PrefetchedWeights: edits(prefetched.base)
      default: []
      }
    }
    let (mine, theirs) = (edits(weights), edits(other.weights))
    guard mine.map(\.file.path).starts(with: theirs.map(\.file.path)) else {
      throw FileError(directory.path, "the model was not made from the one that was given")
    }
    return Array(mine.dropFirst(theirs.count))
  }
}
