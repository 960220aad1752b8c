import BillhookEngine
import BillhookModels
import BillhookTorch

extension Scoring {
  /// A score for each unit, block by block: in one traversal, with the evidence for a block at hand.
  ///
  /// - Parameters:
  ///   - criterion: Whose evidence is gathered.
  ///   - tokens: The calibration set; nil for a criterion of the weights alone.
  ///   - kinds: The kinds of weights that gradients are needed for.
  ///   - score: The scores of one block's units of one kind.
  /// - Returns: The scores of each kind of units.
  /// - Throws: What `score` and the evidence throw.
  func blockwise(
    _ criterion: any Criterion,
    _ tokens: TokenSet?,
    kinds: Set<WeightRole.Kind>,
    _ score: (BlockUnits, BlockWeights, Statistics) throws -> [Double]
  ) throws -> [[Double]] {
    let blocks = units.map { $0.units(of: model) }
    let made = try pass(for: criterion, tokens).blocks(kinds: kinds) { step, statistics in
      let weights = BlockWeights(step, model, context)
      var scores: [String: Tensor] = [:]
      for kind in blocks.indices {
        for (index, units) in blocks[kind].enumerated() where units.block == step.number {
          scores["\(kind)/\(index)"] = try Tensor(score(units, weights, statistics))
        }
      }
      return scores
    }
    return try blocks.enumerated().map { kind, blocks in
      try blocks.enumerated().flatMap { index, units in
        try made[units.block]?["\(kind)/\(index)"]?.doubles() ?? []
      }
    }
  }

  /// The scores of one block's units, from a value for each weight.
  func saliencies(
    _ criterion: any SaliencyCriterion,
    _ units: BlockUnits,
    _ weights: BlockWeights,
    _ statistics: Statistics
  ) throws -> [Double] {
    let reduction = criterion.reduction
    let values = try units.slices.filter { reduction.kinds.contains($0.role.kind) }.map { slice in
      let saliency = try weights.known(slice.weight) { weight in
        let found = try criterion.answer(at: "\(slice.weight)") {
          try criterion.saliency(of: weight, slice.weight, statistics)
        }
        try criterion.require(found, slice.weight, shape: weight.shape)
        return found
      }
      return try reduction.reduce(saliency, slice, units: units.count)
    }
    guard let scores = try reduction.combine(values) else {
      throw ScoreError(criterion.signature, "found nothing to score in \(units.unit(0).label)")
    }
    return try scores.doubles()
  }

  /// The scores of one block's units, from a value for each input of the projection that follows
  /// them.
  func importances(
    _ criterion: any InputCriterion,
    _ units: BlockUnits,
    _ weights: BlockWeights,
    _ statistics: Statistics
  ) throws -> [Double] {
    // Its inputs add up to a rounding error.
    if criterion.isRelative, units.count == 1 { return [0] }
    guard let slice = units.slices.first(where: { $0.dimension == 1 }) else {
      throw ScoreError(criterion.signature, "found no inputs in \(units.unit(0).label)")
    }
    return try weights.known(slice.weight) { weight in
      let found = try criterion.answer(at: "\(slice.weight)") {
        try criterion.importance(ofInputsOf: weight, slice.weight, statistics)
      }
      try criterion.require(found, slice.weight, shape: Array(weight.shape.dropFirst()))
      return found
    }
    .to(.float64).reshaped([units.count, slice.extent]).mean([1]).doubles()
  }
}

extension Criterion {
  /// Refuses values of another shape than was asked for.
  func require(_ values: Tensor, _ id: WeightID, shape: [Int]) throws(ScoreError) {
    guard values.shape != shape else { return }
    throw ScoreError(
      signature,
      "gave values of the shape \(values.shape) for \(id), where \(shape) was expected"
    )
  }
}
