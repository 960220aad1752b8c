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

  /// The kinds of blocks in which weights are stored, those of most bits first; none where none is.
  package var blockKinds: [QuantisedBlocks] {
    let kinds = configuration.allWeights.compactMap { id, _ -> QuantisedBlocks? in
      if case .blocks(let blocks) = try? weights.encoding(of: id) { blocks } else { nil }
    }
    return Set(kinds).sorted { $0.byteCount > $1.byteCount }
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
