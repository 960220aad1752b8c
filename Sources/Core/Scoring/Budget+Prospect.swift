extension Budget {
  /// How much goes, as far as that is known before any scoring.
  package enum Prospect: Equatable {
    /// So much, whatever the scores are; which units of a block go may depend on them.
    case exact(Selection)
    /// Scores or shares that are not known yet decide how much, within bounds.
    case between(units: ClosedRange<Int>, parameters: ClosedRange<Int>)
  }

  /// How much goes.
  ///
  /// - Parameter isCountFixed: Whether other scores would make as many units go, whatever each of them
  ///   costs.
  /// - Returns: How much, or the bounds of it.
  /// - Throws: `BudgetError` when no scores could meet the amount.
  package func prospect(isCountFixed: Bool = false) throws(BudgetError) -> Prospect {
    let any = try anySelection()
    guard dependsOnScores else { return .exact(any) }
    let step = blocks.map(\.stepSize).max() ?? 1
    let free = blocks.reduce(0) { $0 + $1.removableCount * cost($1) }
    switch goal {
    case .exactly: return .exact(any)
    case .size(let wanted) where !isCountFixed || measure.isBound:
      let move = Double(blocks.map { $0.stepSize *| cost($0) }.max() ?? 0)
      let (below, above) = measure.isBound ? (0, move) : (move / 2, move / 2)
      let low = min(max(0, Int((wanted - below).rounded(.up))), free)
      let high = max(low, min(Int((wanted + above).rounded(.down)), free))
      let fewest = unitCount(of: low, dearestFirst: true)
      let most = max(fewest, unitCount(of: high, dearestFirst: false))
      guard measure.isBound else { return .between(units: fewest...most, parameters: low...high) }
      let least = parameterCount(of: fewest, dearestFirst: false)
      let all = parameterCount(of: most, dearestFirst: true)
      return .between(units: fewest...most, parameters: least...max(least, all))
    case .counts, .size:
      var (middle, spare) = (any.removed.count, 0)
      if case .counts(let wanted) = goal, !isCountFixed, step > 1 {
        (middle, spare) = (wanted.values.reduce(0, +), step / 2)
      }
      let low = max(0, middle - spare)
      let high = max(low, min(removableCount, middle + spare))
      let least = parameterCount(of: low, dearestFirst: false)
      let most = parameterCount(of: high, dearestFirst: true)
      return .between(units: low...high, parameters: least...most)
    }
  }

  /// Whether other scores, or shares that are not known yet, could make more or less go.
  private var dependsOnScores: Bool {
    if isExact { return false }
    guard !isProportional || hasUnknownShares else { return false }
    let movable = blocks.filter { $0.removableCount > 0 }
    guard let first = movable.first else { return false }
    return !movable.allSatisfy {
      $0.parameterCount == first.parameterCount && cost($0) == cost(first)
        && $0.stepSize == first.stepSize && $0.count % $0.stepSize == 0
    }
  }

  /// The parameters of so many units, the cheapest or the dearest of all.
  private func parameterCount(of count: Int, dearestFirst: Bool) -> Int {
    var (left, sum) = (count, 0)
    for units in sorted(dearestFirst, by: \.parameterCount) {
      let taken = min(left, units.removableCount)
      sum += taken * units.parameterCount
      left -= taken
    }
    return sum
  }

  /// The units that make up so much of the size, as few as can be or as many.
  private func unitCount(of size: Int, dearestFirst: Bool) -> Int {
    var (left, count) = (size, 0)
    for units in sorted(dearestFirst, by: cost) where cost(units) > 0 {
      let wanted = left / cost(units)
      let isPartial = dearestFirst && !left.isMultiple(of: cost(units))
      let taken = min(wanted + (isPartial ? 1 : 0), units.removableCount)
      count += taken
      left = max(0, left - taken * cost(units))
    }
    return count
  }

  private func sorted(_ dearestFirst: Bool, by cost: (BlockUnits) -> Int) -> [BlockUnits] {
    blocks.sorted { dearestFirst ? cost($0) > cost($1) : cost($0) < cost($1) }
  }
}
