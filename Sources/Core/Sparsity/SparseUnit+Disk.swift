package import BillhookModels

extension SparseUnit {
  /// What masks and new weights take on disk, in bytes.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - repair: What adjusts the weights that stay; nil for nothing.
  /// - Returns: All of it together.
  /// - Throws: When the type of a weight is unknown.
  package func bytesKept(
    on model: LanguageModel,
    repairedBy repair: (any Repair)?
  ) throws -> Int {
    try model.configuration.allWeights.filter { roles.contains($0.id.role) }.reduce(0) {
      let count = $1.shape.reduce(1, *)
      let type = try model.weights.storedType($1.id)
      return $0 + (count + 7) / 8 + (repair == nil ? 0 : count * type.byteCount)
    }
  }
}
