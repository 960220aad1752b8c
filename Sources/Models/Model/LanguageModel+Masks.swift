import BillhookTorch

extension LanguageModel {
  /// The matrices of the blocks, which masks can be for.
  package var projections: [WeightID] {
    configuration.allWeights.map(\.id).filter { $0.role.kind == .projection }
  }

  /// Whether a mask holds any weight at zero.
  ///
  /// - Throws: `FileError` when masks cannot be read.
  package func isSparse() throws -> Bool {
    try projections.contains { try weights.hasMask($0) }
  }

  /// The projections that have a mask.
  ///
  /// - Throws: `FileError` when masks cannot be read.
  package func maskedProjections() throws -> Set<WeightID> {
    Set(try projections.filter { try weights.hasMask($0) })
  }

  /// The model with masks of some more projections, whose zeros nobody knows yet: for what can be told
  /// of a sparse model before anything is computed.
  package func presumingMasks(of projections: Set<WeightID>) -> LanguageModel {
    LanguageModel(self, weights: PresumedMasks(of: projections, over: weights))
  }

  /// How many elements of each projection a mask holds at zero; projections without a mask are left
  /// out.
  ///
  /// - Throws: `FileError` when masks cannot be read.
  package func maskedCounts() throws -> [WeightID: Int] {
    var counts: [WeightID: Int] = [:]
    for id in projections {
      guard let mask = try weights.mask(id) else { continue }
      counts[id] = mask.shape.reduce(1, *) - Int(try mask.sum(dtype: .int64).scalar())
    }
    return counts
  }

  /// The parameters without those that masks hold at zero; nil for a model without masks.
  ///
  /// - Throws: `FileError` when masks cannot be read.
  package func nonZeroCount() throws -> Int? {
    let counts = try maskedCounts()
    return counts.isEmpty ? nil : parameterCount - counts.values.reduce(0, +)
  }

  /// The model without the masks of some projections, whose zeros stay where they are until something
  /// changes them.
  package func withoutMasks(of projections: Set<WeightID>) -> LanguageModel {
    projections.isEmpty
      ? self : LanguageModel(self, weights: UnmaskedWeights(projections, over: weights))
  }

  /// The model whose zeros in projections are masks, as of one that another program made sparse.
  package var takingZerosForMasks: LanguageModel {
    LanguageModel(self, weights: ZerosAsMasks(base: weights))
  }
}
