extension LanguageModel {
  /// The model with biases of zeros where its projections have none.
  ///
  /// All projections of a sub-layer get them, in every block: configurations can only say that all
  /// have biases, or none.
  public func addingBiases(toAttention: Bool, toMLP: Bool) -> LanguageModel {
    var model = self
    for index in model.configuration.blocks.indices {
      if toAttention {
        model.configuration.blocks[index].attention?.hasInputBias = true
        model.configuration.blocks[index].attention?.hasOutputBias = true
      }
      if toMLP { model.configuration.blocks[index].mlp?.hasBias = true }
    }
    let known = Set(configuration.allWeights.map(\.id))
    var projections: [WeightID: WeightID] = [:]
    for (id, _) in model.configuration.allWeights where !known.contains(id) {
      projections[id] = id.role.projection.map { WeightID($0, block: id.block) }
    }
    if !projections.isEmpty { model.weights = AddedBiases(projections, over: weights) }
    return model
  }
}

extension WeightRole {
  /// The projection that a bias belongs to.
  fileprivate var projection: WeightRole? {
    switch self {
    case .queryBias: .query
    case .keyBias: .key
    case .valueBias: .value
    case .outputBias: .output
    case .gateBias: .gate
    case .upBias: .up
    case .downBias: .down
    default: nil
    }
  }
}
