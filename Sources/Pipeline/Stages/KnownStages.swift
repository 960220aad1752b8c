import BillhookCore

/// What stages found, by everything that it depends on: looked up, and kept for the next run.
struct KnownStages {
  let keys: StageKeys
  let store: StageStore
  let products: Products

  // MARK: Weights that were made

  /// A model with the weights that a stage made; nil when nobody made them to the end yet, or they are
  /// not as they were left.
  ///
  /// - Parameters:
  ///   - key: The key of the stage.
  ///   - model: The model that they were made for, with the shapes that it has with them.
  ///   - work: What is done again where they are damaged, for messages.
  /// - Returns: The model.
  func product(_ key: StageKey, for model: LanguageModel, _ work: String) -> LanguageModel? {
    guard let files = store.result(of: key)?["weights"]?.array else { return nil }
    let folder = products.folder(of: key)
    var model = model
    for file in files {
      guard let name = file["name"]?.string, let checksum = file["checksum"]?.string else {
        store.refuse(key)
        return nil
      }
      let path = "\(folder)/\(name)"
      guard products.holds(path, checksum: checksum), let edited = try? model.editing(by: path)
      else {
        store.heedDamage("\(path): is not as the \(work) left it, so \(Self.again(work))")
        return nil
      }
      model = edited
    }
    return model
  }

  private static func again(_ work: String) -> String {
    work == "training" ? "the model is trained again" : "it is made again"
  }

  /// Keeps the weights that a stage made, and lets go of what it only needed to go on.
  ///
  /// - Parameters:
  ///   - made: The model with them; they lie in the folder of the product.
  ///   - model: The model that they were made for.
  ///   - key: The key of the stage.
  ///   - outcome: What else there is to know of how they came about.
  /// - Throws: `ModelError` when they lie elsewhere, or cannot be kept.
  func keep(
    _ made: LanguageModel,
    for model: LanguageModel,
    by key: StageKey,
    outcome: JSON = .null
  ) throws {
    let folder = products.folder(of: key)
    let names = try made.edits(since: model).map { path in
      guard path.hasPrefix("\(folder)/") else {
        throw ModelError(path, "new weights belong into the folder of the recovery, \(folder)")
      }
      return String(path.dropFirst(folder.count + 1))
    }
    let files = try names.map { name -> JSON in
      let checksum = try products.checksum(of: "\(folder)/\(name)")
      return ["name": .string(name), "checksum": .string(checksum)]
    }
    try store.keep(["weights": .array(files), "outcome": outcome], of: key)
    try products.clear(key, keeping: names)
  }
}
