import BillhookCore

/// How candidates of an evolution come of others: mutants of one, crossovers of two.
struct Breeding {
  /// How much of a parent changes.
  struct Probabilities {
    let ratio: Double
    let mask: Double
    let depth: Double
  }

  /// Which generation a mutant is for.
  enum Generation {
    /// The first, whose mutants differ more, and not in their depth.
    case first
    case later
  }

  private let evolution: Evolution
  private let space: SearchSpace
  private let ranges: ShareRanges
  /// For each element of the space's blocks, its units from the least important on.
  private let order: [[Int]]
  /// The rank of each unit among those of its block: 0 for the least important, below 1.
  private let ranks: [Double]
  /// Whether there are heads or channels, so that the number of blocks is not decided by the amount.
  private let hasWidths: Bool

  init(_ evolution: Evolution, _ task: SearchTask) {
    self.evolution = evolution
    space = task.space
    ranges = ShareRanges(evolution, in: space)
    order = space.ranges.map { range in
      range.sorted { (task.scores[$0], $0) < (task.scores[$1], $1) }
    }
    var ranks = [Double](repeating: 0, count: space.count)
    for units in order {
      for (rank, unit) in units.enumerated() { ranks[unit] = Double(rank) / Double(units.count) }
    }
    self.ranks = ranks
    hasWidths = space.granularities.contains(where: \.isWidth)
  }

  // MARK: Mutants

  /// A mutant that meets the amount; nil where none came of it.
  func mutant(of parent: [Bool], _ generation: Generation, _ draws: RandomDraws) throws -> [Bool]? {
    let probabilities =
      generation == .first
      ? Probabilities(
        ratio: evolution.firstRatioProbability,
        mask: evolution.firstMaskProbability,
        depth: 0
      )
      : Probabilities(
        ratio: evolution.ratioProbability,
        mask: evolution.maskProbability,
        depth: evolution.depthProbability
      )
    var child = parent
    for kind in space.granularities where !kind.isWidth {
      // Where only blocks are searched, which of them go is the mask.
      let probability = hasWidths ? probabilities.depth : probabilities.mask
      if try draws.happens(probability) { try changeDepth(&child, kind, draws) }
    }
    bringIntoRange(&child)
    var limits = ranges.limits
    let inside = space.blocks.indices.filter {
      space.blocks[$0].granularity.isWidth && !space.isCovered($0, child)
    }
    var others: Set<Int> = []
    for index in inside where try draws.happens(probabilities.ratio) {
      guard try changeRatio(&child, index, draws) else { continue }
      let count = space.keptCount(index, child)
      // What is missing now comes from blocks that lose as many as the parent's.
      limits[index] = count...count
      others.insert(index)
    }
    guard var fitted = try fitted(child, from: [parent], within: limits, draws) else { return nil }
    for index in inside where try draws.happens(probabilities.mask) || others.contains(index) {
      try exchange(&fitted, index, atMost: space.keptCount(index, parent), draws)
    }
    return fitted
  }

  /// Lets another number of blocks go, where that is free, and others.
  private func changeDepth(
    _ child: inout [Bool],
    _ kind: UnitGranularity,
    _ draws: RandomDraws
  ) throws {
    let units = zip(space.blocks, space.ranges).filter { $0.0.granularity == kind }
      .map(\.1.lowerBound)
    var kept = units.filter { child[$0] }
    var gone = units.filter { !child[$0] }
    if hasWidths, let range = ranges.depths[kind] {
      let count = try draws.integer(in: range)
      (kept, gone) = (try draws.shuffled(kept), try draws.shuffled(gone))
      while kept.count > count, let unit = kept.popLast() {
        child[unit] = false
        gone.append(unit)
      }
      while kept.count < count, let unit = gone.popLast() {
        child[unit] = true
        kept.append(unit)
      }
    }
    try exchange(&child, kept, gone, atMost: kept.count, draws)
  }

  /// Draws another share of a block's units to stay, in steps of .01 for heads and .05 for channels.
  ///
  /// The least important units go, and the most important ones that are gone come back.
  ///
  /// - Returns: Whether the number is another one.
  private func changeRatio(_ child: inout [Bool], _ index: Int, _ draws: RandomDraws) throws -> Bool
  {
    let units = space.blocks[index]
    let limit = ranges.limits[index]
    let step = units.granularity == .heads ? 0.01 : 0.05
    let width = Double(limit.upperBound - limit.lowerBound) / Double(units.count)
    let share = Double(try draws.integer(in: 0...Int(width / step + 1e-9))) * step
    let more = Int((share * Double(units.count)).rounded())
    let count = min(limit.upperBound, limit.lowerBound + more)
    guard count != space.keptCount(index, child) else { return false }
    keep(count, of: index, in: &child)
    return true
  }

  /// Lets as many units of each block stay as the ranges permit, which what scores alone would remove
  /// may not.
  private func bringIntoRange(_ child: inout [Bool]) {
    for (index, limit) in ranges.limits.enumerated() where space.blocks[index].granularity.isWidth {
      let count = space.keptCount(index, child)
      keep(min(limit.upperBound, max(limit.lowerBound, count)), of: index, in: &child)
    }
  }

  /// Lets so many units of a block stay: the least important go, or the most important come back.
  private func keep(_ count: Int, of index: Int, in child: inout [Bool]) {
    let before = space.keptCount(index, child)
    let isFewer = count < before
    let movable = (isFewer ? order[index] : order[index].reversed()).filter { child[$0] == isFewer }
    for unit in movable.prefix(abs(count - before)) { child[unit] = !isFewer }
  }

  /// Exchanges units of a block that stay for others.
  private func exchange(
    _ child: inout [Bool],
    _ index: Int,
    atMost before: Int,
    _ draws: RandomDraws
  ) throws {
    let range = space.ranges[index]
    let parts = (range.filter { child[$0] }, range.filter { !child[$0] })
    try exchange(&child, parts.0, parts.1, atMost: before, draws)
  }

  /// Exchanges some units that stay for as many that are gone, so that `overlap` of the smaller of both
  /// sets stays in common.
  private func exchange(
    _ child: inout [Bool],
    _ kept: [Int],
    _ gone: [Int],
    atMost before: Int,
    _ draws: RandomDraws
  ) throws {
    let share = Int((1 - evolution.overlap) * Double(min(kept.count, before)) + 1e-9)
    // Of few units the share is less than one, and nothing would ever be tried.
    let free = evolution.overlap < 1 ? max(1, share) : 0
    let most = min(free, kept.count, gone.count)
    guard most > 0 else { return }
    let count = try draws.integer(in: 1...most)
    for unit in try draws.shuffled(kept).prefix(count) { child[unit] = false }
    for unit in try draws.shuffled(gone).prefix(count) { child[unit] = true }
  }

  // MARK: Crossovers

  /// A candidate with each block's heads and channels from one of two, and the blocks of one of them;
  /// nil where none came of it.
  func crossover(_ one: [Bool], _ other: [Bool], _ draws: RandomDraws) throws -> [Bool]? {
    var child = one
    for kind in space.granularities where !kind.isWidth {
      let ranges = zip(space.blocks, space.ranges).filter { $0.0.granularity == kind }.map(\.1)
      if hasWidths {
        let source = try draws.happens(0.5) ? one : other
        for range in ranges { child[range] = source[range] }
      } else {
        for range in ranges where try draws.happens(0.5) { child[range] = other[range] }
      }
    }
    for (units, range) in zip(space.blocks, space.ranges) where units.granularity.isWidth {
      if try draws.happens(0.5) { child[range] = other[range] }
    }
    bringIntoRange(&child)
    return try fitted(child, from: [one, other], within: ranges.limits, draws)
  }

  // MARK: The amount

  /// Brings a candidate to the amount.
  ///
  /// What is missing is taken from all blocks, from some that are drawn more than from others; in a
  /// block the least important units go first. Of blocks and sub-layers, what makes a mutant differ
  /// from its parent stays as it is, and in a crossover what both have in common.
  private func fitted(
    _ child: [Bool],
    from parents: [[Bool]],
    within limits: [ClosedRange<Int>],
    _ draws: RandomDraws
  ) throws -> [Bool]? {
    var values = ranks
    for (units, range) in zip(space.blocks, space.ranges) {
      let shift = try draws.number()
      guard !units.granularity.isWidth else {
        for unit in range { values[unit] += shift }
        continue
      }
      let unit = range.lowerBound
      let isCommon = parents.allSatisfy { $0[unit] == child[unit] }
      values[unit] = isCommon == (parents.count > 1) ? (child[unit] ? 2 : -2) : shift
    }
    guard let fitted = space.fitted(child, by: values, within: limits),
      depthsHold(fitted, insteadOf: child)
    else { return nil }
    return fitted
  }

  /// Whether the numbers of blocks and sub-layers that stay are those of a candidate, or lie in their
  /// ranges.
  private func depthsHold(_ kept: [Bool], insteadOf child: [Bool]) -> Bool {
    ranges.depths.allSatisfy { kind, range in
      func count(_ kept: [Bool]) -> Int {
        space.blocks.indices.reduce(0) { sum, index in
          space.blocks[index].granularity == kind ? sum + space.keptCount(index, kept) : sum
        }
      }
      return count(kept) == count(child) || range.contains(count(kept))
    }
  }
}
