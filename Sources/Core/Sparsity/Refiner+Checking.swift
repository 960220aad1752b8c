import BillhookModels
import BillhookTorch

extension Refiner {
  /// What it makes of some masks: all of them, with those that it changed.
  ///
  /// - Throws: `PluginError` for a mask of another shape, one that brings back what went before, or one
  ///   that keeps more or less of a group, or of a pattern, than the one before it.
  func checked(
    _ projections: [MaskedProjection],
    _ statistics: Statistics
  ) throws -> [WeightRole: Tensor] {
    let place = projections.first.map { "\($0.id)" }
    let found = try answer(at: place) { try refined(projections, statistics) }
    var masks: [WeightRole: Tensor] = [:]
    for projection in projections {
      let mask = found[projection.id.role] ?? projection.mask
      if found[projection.id.role] != nil { try require(mask, of: projection) }
      masks[projection.id.role] = mask
    }
    if group == .module || group == .block {
      let before = try projections.map { try $0.mask.count }.reduce(0, +)
      let after = try masks.values.map { try $0.count }.reduce(0, +)
      guard before == after else {
        throw PluginError(
          self,
          at: place,
          "keeps \(after) weights instead of \(before)",
          refusing: .counts
        )
      }
    }
    return masks
  }

  private func require(_ mask: Tensor, of projection: MaskedProjection) throws {
    let place = "\(projection.id)"
    guard mask.shape == projection.mask.shape, mask.dtype == .bool else {
      let expected = projection.mask.shape
      throw PluginError(self, at: place, "expected a mask bool \(expected), found \(mask)")
    }
    if let open = projection.open, try (mask .& .!open).count > 0 {
      throw PluginError(
        self,
        at: place,
        "brings back weights that an earlier pruning removed",
        refusing: .returned
      )
    }
    let lines: [Int] =
      switch group {
      case .row: [1]
      case .column: [0]
      default: [0, 1]
      }
    let isFreeOverMatrices = group == .module || group == .block
    if !isFreeOverMatrices,
      try !mask.counts(over: lines).equals(projection.mask.counts(over: lines))
    {
      throw PluginError(
        self,
        at: place,
        "keeps more or less of a \(group.rawValue) than before; give back as many as it takes",
        refusing: .counts
      )
    }
    if let size = projection.pattern?.size {
      let groups = try [mask, projection.mask].map { mask in
        try mask.reshaped([mask.shape[0], -1, size]).counts(over: [2])
      }
      guard try groups[0].equals(groups[1]) else {
        throw PluginError(
          self,
          at: place,
          "keeps more or less of \(size) neighbours than before",
          refusing: .counts
        )
      }
    }
  }
}

extension Tensor {
  /// How many elements of a mask hold along some dimensions.
  fileprivate func counts(over dimensions: [Int]) throws -> Tensor {
    try sum(dimensions, dtype: .int64)
  }

  /// How many elements of a mask hold.
  fileprivate var count: Int {
    get throws { try counts(over: Array(shape.indices)).integers().first ?? 0 }
  }
}
