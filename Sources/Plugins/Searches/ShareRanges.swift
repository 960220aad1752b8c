import BillhookCore

/// How much of each block, and how many blocks, may stay in the candidates of an evolution.
struct ShareRanges {
  /// How many units may stay, for each element of the space's blocks.
  let limits: [ClosedRange<Int>]
  /// How many units of a kind that has one in each block may stay, of those that may go.
  let depths: [UnitGranularity: ClosedRange<Int>]
  private let space: SearchSpace

  /// The ranges that are set, and else those of the paper.
  ///
  /// Source: Shen et al., 2024, arXiv 2409.17372, table 6: ranges for 90, 80, 70 and 60 % of the
  /// parameters. A kind of heads or channels that is searched alone, or of which a number of units
  /// has to go, has no range of its own.
  init(_ evolution: Evolution, in space: SearchSpace) {
    self.space = space
    let kinds = space.granularities
    var paper = Self.paper(kept: 1)
    var areTogether = false
    if case .size(let gone) = space.goal {
      let share = Double(gone.upperBound) / Double(max(1, space.size))
      paper = Self.paper(kept: 1 - share)
      areTogether = kinds.contains(.heads) && kinds.contains(.channels)
    }
    func range(_ set: [Double]?, _ published: Double) -> ClosedRange<Double> {
      if let set, set.count == 2 { return set[0]...max(set[0], set[1]) }
      return areTogether ? published...1 : 0...1
    }
    let heads = range(evolution.heads, paper.heads)
    let channels = range(evolution.channels, paper.channels)
    limits = space.blocks.map { units in
      switch units.granularity {
      case .heads: Self.counts(heads, of: units.count, units.minimum)
      case .channels: Self.counts(channels, of: units.count, units.minimum)
      case .block, .attention, .mlp, .weight: 0...units.count
      }
    }
    var depths: [UnitGranularity: ClosedRange<Int>] = [:]
    for kind in kinds where !kind.isWidth {
      let count = space.blocks.count { $0.granularity == kind }
      if case .units(let gone) = space.goal {
        let kept = count - min(count, gone[kind] ?? 0)
        depths[kind] = kept...kept
        continue
      }
      let set = evolution.blocks.flatMap { $0.count == 2 ? $0[0]...max($0[0], $0[1]) : nil }
      let shares = set ?? (kinds.contains(where: \.isWidth) ? paper.blocks...1 : 0...1)
      // Blocks in which nothing may go count as well.
      let others = max(0, space.blockCount - count)
      let all = Self.counts(shares, of: space.blockCount, 1)
      let low = max(0, all.lowerBound - others)
      depths[kind] = low...max(low, min(count, all.upperBound - others))
    }
    self.depths = depths
  }

  /// The least shares of a model that keeps some part of its parameters.
  private static func paper(kept: Double) -> (heads: Double, channels: Double, blocks: Double) {
    switch kept {
    case 0.85...: (0.9, 0.6, 1)
    case 0.75...: (0.8, 0.4, 1)
    case 0.65...: (0.3, 0.2, 0.9375)
    default: (0.6, 0.1, 0.875)
    }
  }

  /// The whole numbers in a range of shares: one at least, and all where none lies in it.
  private static func counts(
    _ shares: ClosedRange<Double>,
    of count: Int,
    _ minimum: Int
  ) -> ClosedRange<Int> {
    // A share that is a whole number of units has to count as one, however it is rounded.
    let low = Int((shares.lowerBound * Double(count) - 1e-9).rounded(.up))
    let high = Int((shares.upperBound * Double(count) + 1e-9).rounded(.down))
    let least = min(count, max(minimum, low))
    return least...max(least, min(count, high))
  }

  /// Checks that some choice within the ranges meets the amount.
  func checkReach() throws(BudgetError) {
    switch space.goal {
    case .units(let wanted):
      for kind in space.granularities where kind.isWidth {
        let parts = space.blocks.indices.filter { space.blocks[$0].granularity == kind }
        let all = parts.reduce(0) { $0 + space.blocks[$1].count }
        let most = all - parts.reduce(0) { $0 + limits[$1].lowerBound }
        let least = all - parts.reduce(0) { $0 + limits[$1].upperBound }
        guard let gone = wanted[kind], !(least...most).contains(gone) else { continue }
        throw BudgetError(
          "\(gone) units of \(space.blocks[parts[0]].kind) have to go, but the shares that may stay "
            + "let \(least) to \(most) of \(all) go; set `\(kind.rawValue) = […]`"
        )
      }
    case .size(let wanted):
      let reach = reach
      guard !reach.overlaps(wanted) else { return }
      throw BudgetError(
        "\(wanted.lowerBound) to \(wanted.upperBound) \(space.noun) have to go, but the shares that may "
          + "stay let only \(reach.lowerBound) to \(reach.upperBound) go; set \(settings)"
      )
    }
  }

  /// The settings that widen the ranges.
  private var settings: String {
    let names = space.granularities.map { kind in
      switch kind {
      case .heads, .channels: kind.rawValue
      default: "blocks"
      }
    }
    return Set(names).sorted().map { "`\($0) = […]`" }.joined(separator: " or ")
  }

  /// The size that can go, from the least to the most: bounds that every choice within the ranges keeps.
  private var reach: ClosedRange<Int> {
    // What has to go and what can go inside of a block or sub-layer that stays.
    let inner = limits.enumerated().map { index, limit in
      let (units, cost) = (space.blocks[index], space.costs[index])
      guard units.granularity.isWidth else { return (least: 0, most: 0) }
      return (
        least: (units.count - limit.upperBound) * cost,
        most: (units.count - limit.lowerBound) * cost
      )
    }
    var most = inner.reduce(0) { $0 + $1.most }
    var leastOfDepths: (blocks: Int, parts: Int) = (0, 0)
    for (kind, range) in depths {
      let units = space.blocks.indices.filter { space.blocks[$0].granularity == kind }
      // A block or sub-layer takes all of what is inside of it.
      let rests = units.map { unit in
        inner.indices.filter { space.isInside($0, of: unit) }
          .reduce((least: space.costs[unit], most: space.costs[unit])) {
            (least: $0.least - inner[$1].least, most: $0.most - inner[$1].most)
          }
      }
      most += rests.map(\.most).sorted().suffix(units.count - range.lowerBound).reduce(0, +)
      let least = rests.map(\.least).sorted().prefix(units.count - range.upperBound).reduce(0, +)
      if kind == .block { leastOfDepths.blocks += least } else { leastOfDepths.parts += least }
    }
    // Sub-layers that have to go may lie in the blocks that go.
    let least =
      inner.reduce(0) { $0 + $1.least } + max(leastOfDepths.blocks, leastOfDepths.parts)
    return least...max(least, most)
  }
}
