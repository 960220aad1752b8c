public import BillhookModels
import BillhookTorch

extension ModelStep {
  /// Opens the model; no weight is read.
  ///
  /// - Throws: `ModelError` that names file and key.
  public func open() throws -> LanguageModel {
    if let seed { return try LanguageModel(new: path, seed: RandomSeed(seed)) }
    let model = try LanguageModel(opening: path)
    return try adapter.map { try model.merging(adapter: $0) } ?? model
  }

  /// The directory that holds the model as it is opened; nil where no directory does.
  var directory: String? { seed == nil && adapter == nil ? path : nil }

  /// What was done to the source before anything else, as a step of a derivation.
  var derivation: [String] {
    if let seed { return ["new, seed \(seed)"] }
    return adapter.map { ["adapter \($0)"] } ?? []
  }
}
