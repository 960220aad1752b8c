extension Budget {
  /// A selection by no score at all: right in its size where shares are known, or all units cost the
  /// same.
  package func anySelection() throws(BudgetError) -> Selection {
    try selection(blocks.map { ranking($0) })
  }

  /// Chooses the units that go: the least important first, to within one move of the goal.
  ///
  /// Units with an infinite score are indispensable, and go only where they are named.
  ///
  /// - Parameter scores: The scores of each kind of units; none where units are named.
  /// - Returns: The units, in the order in which they go.
  /// - Throws: `BudgetError` when the goal cannot be met without indispensable units, or shares are
  ///   unknown.
  public func selection(from scores: [Scores]) throws(BudgetError) -> Selection {
    if hasUnknownShares, !isExact {
      throw BudgetError(
        "\(allocationText) was given nothing of what it has to know of the model first"
      )
    }
    if let scores = scores.first, let spans = scores.spans { return try span(scores, spans) }
    return try selection(
      blocks.map { units in
        ranking(units, scores.lazy.compactMap { $0.values(of: units) }.first)
      }
    )
  }

  private func selection(_ rankings: [Ranking]) throws(BudgetError) -> Selection {
    if case .exactly(let numbers) = goal {
      let named = rankings.flatMap { ranking in
        ranking.order.map(ranking.units.unit).filter { numbers.contains($0.number) }
      }
      return Selection(removed: named, ends: named.isEmpty ? [] : [named.count])
    }
    let moves = try checkedMoves(rankings)
    let all = BudgetWalk(self, moves, rankings) { _ in true }
    let walk = BudgetWalk(self, moves, rankings) { $0 != .infinity }
    guard walk.removed.count == all.removed.count else {
      let free = rankings.reduce(0) { $0 + $1.values.count { $0 != .infinity } }
      let count = rankings.reduce(0) { $0 + $1.units.count }
      throw BudgetError(
        "`\(amount)` cannot be met: only \(free) of \(count) units that may go can, "
          + "and nothing works without the others"
      )
    }
    // What is left of an amount may be less than any move.
    if !isRest {
      if let lacking = all.lacking { try checkThatAllocationSuffices(lacking) }
      try checkRounding(walk.removed, moves, rankings)
    }
    return walk.selection
  }

  /// The neighbours with the lowest score together.
  private func span(_ scores: Scores, _ spans: [[Double]]) throws(BudgetError) -> Selection {
    if isExact {
      return try anySelection()
    }
    let any = try anySelection()
    let count = any.removed.count
    guard count > 0 else { return any }
    let units = scores.units
    let allowed = Set(blocks.flatMap(\.all).map(\.number))
    let starts = units.indices.filter { start in
      start + count <= units.count
        && units[start..<start + count].allSatisfy { allowed.contains($0.number) }
    }
    guard let best = starts.min(by: { spans[$0][count - 1] < spans[$1][count - 1] }) else {
      throw BudgetError("`\(amount)` cannot be met: `\(keep)` leaves no \(count) neighbours")
    }
    return Selection(removed: Array(units[best..<best + count]), ends: [count], next: any.next)
  }
}
