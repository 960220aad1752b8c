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
    if let first = scores.first, let spans = first.spans {
      return try selection(spans, of: first.units)
    }
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
}
