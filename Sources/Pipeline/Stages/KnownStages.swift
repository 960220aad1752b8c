import BillhookCore

/// What stages found, by everything that it depends on: looked up, and kept for the next run.
struct KnownStages {
  let keys: StageKeys
  var store: StageStore
  let products: Products

  // MARK: Weights that were made

  /// The files of the weights that a stage made; nil when they were never finished, or have changed
  /// since.
  ///
  /// - Parameters:
  ///   - key: The key of the stage.
  ///   - work: What is done again where they are damaged, as messages call it.
  /// - Returns: Their paths; none where the stage changed nothing.
  /// - Throws: What tells that another process failed, or does other work.
  func product(_ key: StageKey, _ work: String) throws -> [String]? {
    guard store.processes.size > 1 else { return try ownProduct(key, work) }
    let own = store.processes.leads ? try alone.ownProduct(key, work) : nil
    return try products.shared(own, by: store.processes)
  }

  /// The same, asked by this process alone.
  var alone: KnownStages {
    var known = self
    known.store.processes = .alone
    return known
  }

  private func ownProduct(_ key: StageKey, _ work: String) throws -> [String]? {
    guard let files = try store.result(of: key)?["weights"]?.array else { return nil }
    var paths: [String] = []
    for file in files {
      guard let name = file["name"]?.string, let checksum = file["checksum"]?.string else {
        store.refuse(key)
        return nil
      }
      let path = "\(products.folder(of: key))/\(name)"
      guard products.holds(path, checksum: checksum) else {
        store.heedDamage("\(path): is not as the \(work) left it, so \(Self.again(work))")
        return nil
      }
      paths.append(path)
    }
    return paths
  }

  /// A model with the weights that a stage made of it; nil when there are none, as `product` says.
  func product(
    _ key: StageKey,
    of model: LanguageModel,
    _ work: String
  ) throws -> LanguageModel? {
    guard let paths = try product(key, work) else { return nil }
    var made = model
    for path in paths {
      guard let edited = try? made.editing(by: path) else {
        store.heedDamage("\(path): is not as the \(work) left it, so \(Self.again(work))")
        return nil
      }
      made = edited
    }
    return made
  }

  private static func again(_ work: String) -> String {
    work == "training" ? "the model is trained again" : "it is made again"
  }

  /// Keeps the weights that a stage made of a model, and removes what the stage only needed to
  /// resume.
  ///
  /// - Throws: `FileError` when they do not lie in the folder of the product, or cannot be kept.
  func keep(
    _ made: LanguageModel,
    of model: LanguageModel,
    by key: StageKey,
    outcome: JSON = .null,
    _ record: [JSON.Member] = []
  ) throws {
    let folder = products.folder(of: key)
    let names = try made.edits(since: model).map { path in
      guard path.hasPrefix("\(folder)/") else {
        throw FileError(path, "new weights belong in the folder of the recovery, \(folder)")
      }
      return String(path.dropFirst(folder.count + 1))
    }
    try keep(names, by: key, outcome: outcome, record)
  }

  /// Keeps files of weights in the folder of a product, by their names, and removes the others.
  ///
  /// - Parameters:
  ///   - names: The names of the files.
  ///   - key: The key of the stage that made them.
  ///   - outcome: What else is known about how they came about.
  ///   - record: What else the stage found.
  /// - Throws: `FileError` when they cannot be kept.
  func keep(
    _ names: [String],
    by key: StageKey,
    outcome: JSON = .null,
    _ record: [JSON.Member] = []
  ) throws {
    let folder = products.folder(of: key)
    let files = try names.map { name -> JSON in
      let checksum = try products.checksum(of: "\(folder)/\(name)")
      return ["name": .string(name), "checksum": .string(checksum)]
    }
    let found: [JSON.Member] = [
      .init(key: "weights", value: .array(files)), .init(key: "outcome", value: outcome),
    ]
    try store.keep(.object(found + record), of: key)
    // Runs that find a training again show its log as their own.
    try products.clear(key, keeping: names + [TrainingOutcome.logName])
  }
}
