package import BillhookCore

extension ModelStep {
  /// Opens the model; no weight is read.
  ///
  /// - Throws: `FileError` that names file and key.
  package func open() throws -> LanguageModel {
    if let seed { return try LanguageModel(new: path, seed: RandomSeed(seed), ignoring: ignored) }
    guard
      path.hasPrefix(HubCache.prefix) || FileSystem.isDirectory(path)
        || LanguageModel.wholeFile(at: path).map(FileSystem.exists) == true
    else {
      throw ModelDirectory.missing(path, named: name)
    }
    let stored = try LanguageModel(opening: path, ignoring: ignored)
    let model = keepsZeros ? stored.takingZerosForMasks : stored
    return try adapter.map { try model.merging(adapter: $0) } ?? model
  }

  /// The directory that holds the model as it is opened; nil where no directory does.
  var directory: String? { seed == nil && adapter == nil && ignored.isEmpty ? path : nil }

  /// What was done to the source before anything else, as steps of a derivation.
  package var derivation: [String] {
    let passedOver = ignored.isEmpty ? [] : ["ignore \(ignored.sorted().joined(separator: ", "))"]
    if let seed { return ["new, seed \(seed)"] + passedOver }
    return passedOver + (keepsZeros ? ["keep zeros"] : [])
      + (adapter.map { ["adapter \($0)"] } ?? [])
  }
}
