import BillhookEngine
import BillhookModels
import BillhookTorch

/// Chooses the masks of one block's projections, and has what stays adjusted.
struct BlockMasking {
  let setting: SparseSetting
  let model: LanguageModel
  let device: Device
  /// How much of which matrix is gone afterwards.
  let shares: SparseShares

  private var rule: MaskRule {
    MaskRule(
      pattern: setting.unit.pattern,
      group: setting.group,
      rounding: setting.unit.rounding
    )
  }

  /// The change of some projections of a block.
  ///
  /// - Parameters:
  ///   - roles: The projections.
  ///   - number: The block's number.
  ///   - statistics: The evidence for them.
  /// - Returns: Masks, and new weights where a repair gave any.
  /// - Throws: What criterion and repair throw.
  func change(
    _ roles: Set<WeightRole>,
    ofBlock number: Int,
    _ statistics: Statistics
  ) throws -> BlockChange {
    let ids = WeightRole.allCases.filter(roles.contains).map { WeightID($0, block: number) }
    var change = BlockChange()
    if setting.choice == .slab {
      for id in ids { try maskSlabwise(id, statistics, &change) }
      return change
    }
    for ids in together(ids) {
      change.masks.merge(try masks(of: ids, statistics)) { $1 }
    }
    try refine(&change, ids, statistics)
    guard let repair = setting.repair else { return change }
    for id in ids {
      guard let mask = change.masks[id.role] else { continue }
      let cut = ProjectionCut(id: id, weight: try weight(id), mask: mask)
      change.weights[id.role] = try repair.weight(cut, statistics, of: model)
    }
    return change
  }

  /// The share of a matrix that is gone afterwards, in hundredths.
  private func percent(of id: WeightID) -> Double { shares.percent(of: id) ?? 0 }

  private func refine(
    _ change: inout BlockChange,
    _ ids: [WeightID],
    _ statistics: Statistics
  ) throws {
    guard let refiner = setting.refiner else { return }
    let projections = try ids.compactMap { id in
      try change.masks[id.role].map { mask in
        let weight = try weight(id)
        return MaskedProjection(
          id: id,
          weight: weight,
          mask: mask,
          open: try model.weights.mask(id)?.to(device: device),
          pattern: setting.unit.pattern
        ) {
          try values(of: weight, id, statistics)
        }
      }
    }
    change.masks = try refiner.checked(projections, statistics)
  }

  /// The matrices whose values are compared with each other, as lists.
  private func together(_ ids: [WeightID]) -> [[WeightID]] {
    guard setting.unit.pattern == nil else { return ids.map { [$0] } }
    switch setting.group {
    case .row, .column, .matrix, .model: return ids.map { [$0] }
    case .module:
      return [ids.filter(\.role.isOfAttention), ids.filter { !$0.role.isOfAttention }]
    case .block: return [ids]
    }
  }

  private func masks(of ids: [WeightID], _ statistics: Statistics) throws -> [WeightRole: Tensor] {
    var values: [WeightRole: Tensor] = [:]
    var alive: [WeightRole: Tensor] = [:]
    for id in ids {
      alive[id.role] = try model.weights.mask(id)?.to(device: device)
      if let pattern = setting.unit.pattern, let joint = try jointMask(id, pattern, statistics) {
        return [id.role: joint]
      }
      values[id.role] = try self.values(of: weight(id), id, statistics)
    }
    if ids.count > 1, let first = ids.first {
      // Matrices that are compared with each other share the part of their block.
      return try rule.kept(values, alive: alive, percent: percent(of: first))
    }
    return try ids.reduce(into: [:]) { masks, id in
      guard let values = values[id.role] else { return }
      masks[id.role] = try rule.kept(values, alive: alive[id.role], percent: percent(of: id))
    }
  }

  // MARK: Slab by slab

  private func maskSlabwise(
    _ id: WeightID,
    _ statistics: Statistics,
    _ change: inout BlockChange
  ) throws {
    guard let repair = setting.repair, let slab = repair.slab else { return }
    let weight = try weight(id)
    let alive = try model.weights.mask(id)?.to(device: device)
    var chosen: [Tensor] = []
    var end = 0
    let cut = ProjectionCut(
      id: id,
      weight: weight,
      step: setting.unit.pattern?.size ?? slab
    ) { columns, current, settled in
      guard columns.lowerBound == end else {
        throw DataError(
          "asked for the columns from \(columns.lowerBound), where those from \(end) are next"
        )
      }
      end = columns.upperBound
      let own = try alive?.narrowed(1, to: columns)
      let mask = try kept(
        columns,
        of: current,
        settled: settled,
        in: weight,
        id,
        alive: own,
        statistics
      )
      chosen.append(mask)
      return mask
    }
    change.weights[id.role] = try repair.weight(cut, statistics, of: model)
    guard end == weight.shape[1] else {
      throw PluginError(
        repair,
        at: "\(id)",
        "asked for a mask of \(end) of \(weight.shape[1]) columns; ask for all, one slab after the other"
      )
    }
    change.masks[id.role] = try .joined(chosen, along: 1)
  }

  /// What stays of some columns, by their values as they stand.
  private func kept(
    _ columns: Range<Int>,
    of current: Tensor,
    settled: Int,
    in weight: Tensor,
    _ id: WeightID,
    alive: Tensor?,
    _ statistics: Statistics
  ) throws -> Tensor {
    let start = columns.lowerBound
    guard let criterion = setting.criterion as? any ColumnCriterion else {
      let left = try weight.narrowed(1, to: 0..<start)
      let right = try weight.narrowed(1, to: columns.upperBound..<weight.shape[1])
      let whole = try Tensor.joined([left, current, right], along: 1)
      let values = try values(of: whole, id, statistics).narrowed(1, to: columns)
      return try rule.kept(values, of: columns, alive: alive, percent: percent(of: id))
    }
    if let pattern = setting.unit.pattern, criterion.valuesSets,
      let joint = try jointMask(
        current,
        id,
        from: start,
        settled: settled,
        alive,
        criterion,
        pattern,
        statistics
      )
    {
      return joint
    }
    let values = try criterion.answer(at: "\(id)") {
      try criterion.saliency(of: current, id, from: start, settled: settled, statistics)
    }
    try require(values, id, shape: current.shape)
    return try rule.kept(values, of: columns, alive: alive, percent: percent(of: id))
  }

  // MARK: Several together

  /// The mask of a matrix by the losses of removing several weights together; nil where the criterion
  /// knows none.
  private func jointMask(
    _ id: WeightID,
    _ pattern: SparsityPattern,
    _ statistics: Statistics
  ) throws -> Tensor? {
    guard let criterion = setting.criterion as? any ColumnCriterion, criterion.valuesSets else {
      return nil
    }
    let alive = try model.weights.mask(id)?.to(device: device)
    return try jointMask(
      weight(id),
      id,
      from: 0,
      settled: 0,
      alive,
      criterion,
      pattern,
      statistics
    )
  }

  private func jointMask(
    _ columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    _ alive: Tensor?,
    _ criterion: any ColumnCriterion,
    _ pattern: SparsityPattern,
    _ statistics: Statistics
  ) throws -> Tensor? {
    let sets = pattern.sets
    let groups = columns.shape[1] / pattern.size
    // As many groups at a time as keep the losses small beside the matrix.
    let atOnce = max(1, 4_096 / sets.count)
    // What stays of a pattern without each set: `[sets, size]`.
    let stays = try Tensor(
      sets.flatMap { set in (0..<pattern.size).map { set.contains($0) ? 0.0 : 1 } }
    ).reshaped([sets.count, pattern.size]).to(.float32, device: columns.device)
    var masks: [Tensor] = []
    for first in stride(from: 0, to: groups, by: atOnce) {
      let asked = first..<min(first + atOnce, groups)
      let places = asked.flatMap { group in sets.map { $0.map { group * pattern.size + $0 } } }
      let found = try criterion.answer(at: "\(id)") {
        try criterion.losses(
          of: columns,
          id,
          from: start,
          settled: settled,
          removing: places,
          statistics
        )
      }
      guard let found else { return nil }
      try require(found, id, shape: [columns.shape[0], places.count])
      var losses = try found.reshaped([columns.shape[0], asked.count, sets.count])
      if let alive {
        // Sets with as many as possible of those that are gone already come before all others.
        let own = try alive.narrowed(
          1,
          to: asked.lowerBound * pattern.size..<asked.upperBound * pattern.size
        )
        .to(.float32).reshaped([columns.shape[0], asked.count, pattern.size])
        let left = try own.matmul(stays.transposed(0, 1))
        let most = try left.sorted(-1, descending: true).values.narrowed(-1, to: 0..<1)
        let never = try Tensor.full([], .infinity, dtype: losses.dtype, device: losses.device)
        losses = try (left .< most).choosing(never, else: losses)
      }
      let best = try losses.smallest(1, along: 2).position.reshaped([-1])
      masks.append(
        try (.!(stays.selecting(0, best) .== 0))
          .reshaped([columns.shape[0], asked.count * pattern.size])
      )
    }
    let mask = try Tensor.joined(masks, along: 1)
    return try alive.map { try mask .& $0 } ?? mask
  }

  // MARK: Asking

  /// The weight in f32, since squares and products of small numbers vanish in shorter types.
  private func weight(_ id: WeightID) throws -> Tensor {
    try model.weights.tensor(id, dtype: .float32, device: device)
  }

  /// The importance of each weight of a matrix.
  func values(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    let values = try setting.criterion.answer(at: "\(id)") {
      try setting.criterion.saliency(of: weight, id, statistics)
    }
    try require(values, id, shape: weight.shape)
    return values
  }

  /// Refuses values of another shape, and what is not finite.
  private func require(_ values: Tensor, _ id: WeightID, shape: [Int]) throws {
    try setting.criterion.require(values, id, shape: shape)
    guard try values.allFinite() else {
      // Before the criterion is blamed.
      try model.requireFiniteWeights()
      throw ScoreError(
        setting.criterion.signature,
        "gave values of \(id) that are not finite numbers"
      )
    }
  }
}

extension Repair {
  /// What becomes of a projection that lost single weights; nil where nothing else changes.
  ///
  /// - Throws: `PluginError` for a bias, and what the repair throws.
  func weight(
    _ cut: ProjectionCut,
    _ statistics: Statistics,
    of model: LanguageModel
  ) throws -> Tensor? {
    try answer(at: "\(cut.id)") {
      let repaired = try checked(cut, statistics, of: model)
      guard repaired.addedBias == nil else {
        throw DataError("gave a bias, where single weights go and shapes stay")
      }
      return repaired.weight
    }
  }
}
