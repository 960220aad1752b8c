extension Budget {
  /// A selection by no score at all: right in its size where the spread does not ask for scores, or
  /// all units cost the same.
  func anySelection() throws(BudgetError) -> Selection {
    try selection(blocks.map { Ranking($0, repeatElement(0, count: $0.count)) })
  }

  /// Chooses the units that go: the least important first, to within one move of the goal.
  ///
  /// Units with an infinite score are indispensable, and go only where they are named.
  ///
  /// - Parameter scores: The scores of each kind of units.
  /// - Returns: The units, in the order in which they go.
  /// - Throws: `BudgetError` when the goal cannot be met without indispensable units.
  public func selection(from scores: [Scores]) throws(BudgetError) -> Selection {
    if let scores = scores.first, let spans = scores.spans { return try span(scores, spans) }
    let rankings = blocks.map { units in
      let values = scores.lazy.compactMap { $0.values(of: units) }.first
      return Ranking(units, values ?? ArraySlice(repeating: 0, count: units.count))
    }
    return try selection(rankings)
  }

  private func selection(_ rankings: [Ranking]) throws(BudgetError) -> Selection {
    if case .exactly(let numbers) = goal {
      let named = rankings.flatMap { ranking in
        ranking.order.map(ranking.units.unit).filter { numbers.contains($0.number) }
      }
      return Selection(removed: named, ends: named.isEmpty ? [] : [named.count])
    }
    let moves = try spread.moves(rankings, blocks: openedBlocks)
    if let wrong = moves.joined().first(where: { !rankings.indices.contains($0) }) {
      throw BudgetError(
        "\(spread.label): a move takes ranking \(wrong), but there are only \(rankings.count)"
      )
    }
    let all = walk(moves, rankings) { _ in true }
    let selection = walk(moves, rankings) { $0 != .infinity }
    guard selection.removed.count == all.removed.count else {
      let free = rankings.reduce(0) { $0 + $1.values.count { $0 != .infinity } }
      let count = rankings.reduce(0) { $0 + $1.units.count }
      throw BudgetError(
        "`\(amount)` cannot be met: only \(free) of \(count) units that may go can, "
          + "and nothing works without the others"
      )
    }
    if selection.removed.isEmpty, let first = moves.first { try checkRounding(first, rankings) }
    return selection
  }

  /// A share of several units at once that comes to nothing is a mistake: nobody asks for nothing.
  private func checkRounding(_ move: [Int], _ rankings: [Ranking]) throws(BudgetError) {
    let units = move.reduce(0) { $0 + rankings[$1].step(0).count }
    let parameters = move.reduce(0) { sum, index in
      sum + rankings[index].step(0).count * rankings[index].units.parameterCount
    }
    let isAsked: Bool =
      switch goal {
      case .count(let count): count > 0
      case .parameters(let wanted): wanted > 0
      case .exactly: false
      }
    guard units > 1, isAsked else { return }
    let share = (1000 * Double(units) / Double(unitCount)).rounded() / 10
    throw BudgetError(
      "`\(amount)` comes to nothing: `spread \(spread.signature)` takes \(units) of \(unitCount) "
        + "units (\(share) %, \(parameters) parameters) at least",
      isAboutSize: true
    )
  }

  /// Takes moves as long as the goal is not met, and stops nearest to it, halves up.
  ///
  /// A step that may not be taken is left out, and the others of its move are taken.
  private func walk(
    _ moves: [[Int]],
    _ rankings: [Ranking],
    mayTake: (Double) -> Bool
  ) -> Selection {
    let wanted: Double
    let countsUnits: Bool
    switch goal {
    case .count(let count): (wanted, countsUnits) = (Double(count), true)
    case .parameters(let parameters): (wanted, countsUnits) = (parameters, false)
    case .exactly: return Selection(removed: [], ends: [])
    }
    var taken = [Int](repeating: 0, count: rankings.count)
    var removed: [PrunableUnit] = []
    var ends: [Int] = []
    var sum = 0.0
    for move in moves {
      let rest = move.filter {
        taken[$0] < rankings[$0].stepCount && mayTake(rankings[$0].score(ofStep: taken[$0]))
      }
      guard !rest.isEmpty else { continue }
      let parameters = rest.reduce(0) { sum, index in
        sum + rankings[index].step(taken[index]).count * rankings[index].units.parameterCount
      }
      let units = rest.reduce(0) { $0 + rankings[$1].step(taken[$1]).count }
      let cost = Double(countsUnits ? units : parameters)
      guard sum + cost / 2 <= wanted else {
        return Selection(removed: removed, ends: ends, next: parameters)
      }
      sum += cost
      for index in rest {
        removed += rankings[index].step(taken[index]).map(rankings[index].units.unit)
        taken[index] += 1
      }
      ends.append(removed.count)
    }
    return Selection(removed: removed, ends: ends)
  }

  /// The neighbours with the lowest score together.
  private func span(_ scores: Scores, _ spans: [[Double]]) throws(BudgetError) -> Selection {
    if case .exactly = goal {
      return try selection(blocks.map { Ranking($0, repeatElement(0, count: $0.count)) })
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
