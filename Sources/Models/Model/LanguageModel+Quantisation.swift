extension LanguageModel {
  /// How each quantised projection is quantised; none for a model that is not.
  public var schemes: [WeightID: QuantisationScheme] {
    var schemes: [WeightID: QuantisationScheme] = [:]
    for (id, _) in configuration.allWeights { schemes[id] = weights.scheme(of: id) }
    return schemes
  }

  /// Whether any weight is quantised.
  public var isQuantised: Bool {
    configuration.allWeights.contains { weights.scheme(of: $0.id) != nil }
  }

  /// The types of the blocks in which weights are stored, those of most bits first; none where none is.
  package var blockTypes: [GGUFTensorType] {
    let types = configuration.allWeights.compactMap { id, _ -> GGUFTensorType? in
      if case .blocks(let type) = try? weights.encoding(of: id) { type } else { nil }
    }
    return Set(types).sorted { $0.blockByteCount > $1.blockByteCount }
  }

  /// The model in which some projections are going to be quantised, by codes that nobody knows yet: for
  /// what can be told of it before anything is computed.
  package func presumingCodes(
    of projections: Set<WeightID>,
    _ scheme: QuantisationScheme
  ) -> LanguageModel {
    let codes = PresumedCodes(of: projections, scheme, over: weights)
    return LanguageModel(self, weights: codes)
  }

  /// Projections that share a tensor in the files, of which some would be quantised and some not; nil
  /// where there are none.
  package func splitTensor(quantising roles: Set<WeightRole>) -> [WeightRole]? {
    configuration.fusedProjections.map { $0.map(\.role) }.first { shared in
      let quantised = shared.filter(roles.contains)
      return !quantised.isEmpty && quantised.count < shared.count
    }
  }
}
