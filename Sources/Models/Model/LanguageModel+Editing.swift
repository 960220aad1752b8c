public import BillhookFiles
public import BillhookTorch

extension LanguageModel {
  /// The model with some weights replaced and some updated; what is new is written to a file.
  ///
  /// A changed weight is rounded to the type that it is stored in, here and wherever it is lent: the
  /// model computes with what would be saved.
  ///
  /// - Parameters:
  ///   - weights: New values in the shapes of those that they replace.
  ///   - updates: Low-rank updates, in the shapes of the matrices that they are added to.
  ///   - path: The file; one that is there is replaced.
  /// - Returns: The model, which reads from the file.
  /// - Throws: `FileError` when a weight is not the model's, or has another shape.
  public func editing(
    _ weights: [WeightID: Tensor],
    updates: [WeightID: LowRankUpdate] = [:],
    at path: String
  ) throws -> LanguageModel {
    let shapes = Dictionary(
      uniqueKeysWithValues: configuration.allWeights.map { ($0.id, $0.shape) }
    )
    let changed =
      weights.map { ($0, $1.shape) }
      + updates.map { ($0, [$1.up.shape.first ?? 0, $1.down.shape.last ?? 0]) }
    for (id, found) in changed.sorted(by: { "\($0.0)" < "\($1.0)" }) where shapes[id] != found {
      let shape = shapes[id].map { "\($0)" } ?? "none"
      throw FileError(directory.path, at: "\(id)", "expected the shape \(shape), found \(found)")
    }
    try FileSystem.makeDirectory(FileSystem.parent(of: path))
    var rounded: [WeightID: DType] = [:]
    for id in weights.keys { rounded[id] = try self.weights.storedType(id) }
    try WeightEdits.write(weights, as: rounded, updates, to: path)
    return try editing(by: path)
  }

  /// The model with what a file that `editing` wrote says of its weights.
  ///
  /// - Throws: `FileError` when the file is not there, or is none of those.
  public func editing(by path: String) throws -> LanguageModel {
    var weights = EditedWeights(over: weights)
    weights.add(try WeightEdits(path))
    return LanguageModel(self, weights: weights)
  }

  /// The files of new weights that the model has on top of those of another, in their order.
  ///
  /// - Throws: `FileError` when the model does not come from the other one.
  public func edits(since other: LanguageModel) throws(FileError) -> [String] {
    try newEdits(since: other).map(\.file.path)
  }

  /// The low-rank updates that the model has on top of another; none where they are merged.
  ///
  /// - Throws: `FileError` when the model does not come from the other one.
  public func updates(since other: LanguageModel) throws -> [WeightID: LowRankUpdate] {
    try newEdits(since: other).reduce(into: [:]) { found, edits in
      found.merge(try edits.updates()) { $1 }
    }
  }

  /// The weights that the model has on top of those of another, replaced or updated.
  ///
  /// - Throws: `FileError` when the model does not come from the other one.
  public func changedWeights(since other: LanguageModel) throws(FileError) -> Set<WeightID> {
    try newEdits(since: other).reduce(into: []) { $0.formUnion($1.weights) }
  }

  private func newEdits(since other: LanguageModel) throws(FileError) -> [WeightEdits] {
    func edits(_ model: LanguageModel) -> [WeightEdits] {
      (model.weights as? EditedWeights)?.edits ?? []
    }
    let (mine, theirs) = (edits(self), edits(other))
    guard mine.map(\.file.path).starts(with: theirs.map(\.file.path)) else {
      throw FileError(directory.path, "the model does not come from the one that was given")
    }
    return Array(mine.dropFirst(theirs.count))
  }
}
