public import BillhookFiles
public import BillhookTorch

extension LanguageModel {
  /// The model with some weights replaced and some updated; the changes are written to a file.
  ///
  /// A changed weight is rounded to its stored type, here and wherever it is lent, so that the
  /// model computes with the values that would be saved.
  ///
  /// - Parameters:
  ///   - weights: New values in the shapes of those that they replace.
  ///   - updates: Low-rank updates, in the shapes of the matrices that they are added to.
  ///   - path: The path of the file; an existing one is replaced.
  /// - Returns: The model, which reads from the file.
  /// - Throws: `FileError` when the model has no such weight, or its shape is another.
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

  /// The model with the changes of a file that `editing` wrote.
  ///
  /// - Throws: `FileError` when the file does not exist, or is not such a file.
  public func editing(by path: String) throws -> LanguageModel {
    var weights = EditedWeights(over: weights)
    weights.add(try WeightEdits(path))
    return LanguageModel(self, weights: weights)
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

  /// The weights that were replaced or updated on top of another model.
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
      throw FileError(directory.path, "the model was not made from the one that was given")
    }
    return Array(mine.dropFirst(theirs.count))
  }
}
