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
    let free = blocks.reduce(0) { $0 + $1.removableCount * $1.parameterCount }
    switch goal {
    case .exactly: return .exact(any)
    case .parameters(let wanted) where !isCountFixed:
      let half = Double(blocks.map { $0.stepSize * $0.parameterCount }.max() ?? 0) / 2
      let low = min(max(0, Int((wanted - half).rounded(.up))), free)
      let high = max(low, min(Int((wanted + half).rounded(.down)), free))
      let fewest = unitCount(of: low, dearestFirst: true)
      let most = max(fewest, unitCount(of: high, dearestFirst: false))
      return .between(units: fewest...most, parameters: low...high)
    case .counts, .parameters:
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
      $0.parameterCount == first.parameterCount && $0.stepSize == first.stepSize
        && $0.count % $0.stepSize == 0
    }
  }

  /// The parameters of so many units, the cheapest or the dearest of all.
  private func parameterCount(of count: Int, dearestFirst: Bool) -> Int {
    var (left, sum) = (count, 0)
    for units in sorted(dearestFirst) {
      let taken = min(left, units.removableCount)
      sum += taken * units.parameterCount
      left -= taken
    }
    return sum
  }

  /// The units that make up so many parameters, as few as can be or as many.
  private func unitCount(of parameters: Int, dearestFirst: Bool) -> Int {
    var (left, count) = (parameters, 0)
    for units in sorted(dearestFirst) where units.parameterCount > 0 {
      let wanted = left / units.parameterCount
      let isPartial = dearestFirst && !left.isMultiple(of: units.parameterCount)
      let taken = min(wanted + (isPartial ? 1 : 0), units.removableCount)
      count += taken
      left = max(0, left - taken * units.parameterCount)
    }
    return count
  }

  private func sorted(_ dearestFirst: Bool) -> [BlockUnits] {
    blocks.sorted { one, other in
      dearestFirst
        ? one.parameterCount > other.parameterCount : one.parameterCount < other.parameterCount
    }
  }
}
