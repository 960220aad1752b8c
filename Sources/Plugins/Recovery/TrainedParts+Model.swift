import BillhookCore

extension TrainedParts {
  /// What `train` does.
  static let help =
    "what is trained: blocks, `first N` or `last N` of those that are left, and weights by what they are; "
    + "unless set, everything"
}

extension WholeWeights {
  /// Some parts of a model, or everything.
  ///
  /// - Throws: `TrainingError` when the model lacks one of the parts.
  init(of model: LanguageModel, training parts: TrainedParts?, device: Device) throws {
    if let problem = parts?.problem(with: model) { throw TrainingError("`train` \(problem)") }
    let trained = model.weights(of: parts)
    try self.init(of: model, device: device) { trained.contains($0) }
  }
}

extension LanguageModel {
  /// The weights of some parts, or of the whole model.
  func weights(of parts: TrainedParts?) -> Set<WeightID> {
    parts?.weights(of: self) ?? Set(configuration.allWeights.map(\.id))
  }

  /// The parameters of some parts, or of the whole model.
  func parameterCount(of parts: TrainedParts?) -> Int {
    guard let trained = parts?.weights(of: self) else { return parameterCount }
    return configuration.allWeights.filter { trained.contains($0.id) }
      .reduce(0) { $0 + $1.shape.reduce(1, *) }
  }
}
