import BillhookFiles

/// The scores of neighbours that go together, however many they are.
public struct SpanScores: Sendable, Equatable {
  /// For each unit, the score of it alone, of it and the next, and so on to the last.
  public let rows: [[Double]]

  /// Checks and keeps the scores that a criterion gave.
  ///
  /// - Throws: `ScoreError` when some neighbours have none, or one is not a finite number.
  package init(
    _ rows: [[Double]],
    of units: [PrunableUnit],
    by criterion: String
  ) throws(ScoreError) {
    guard rows.count == units.count, Self.areComplete(rows) else {
      throw ScoreError(criterion, "gave some neighbours no scores")
    }
    for (unit, row) in zip(units, rows) {
      guard let value = row.first(where: { !$0.isFinite }) else { continue }
      throw ScoreError(
        criterion,
        "gave the score \(rounded(value)) to \(unit.label) and neighbours after it"
      )
    }
    self.rows = rows
  }

  /// Reads what `json` gave; nil for anything else.
  package init?(_ json: JSON) {
    guard let arrays = json.array else { return nil }
    rows = arrays.map { ($0.array ?? []).compactMap(\.double) }
    guard Self.areComplete(rows) else { return nil }
  }

  /// A list of numbers for each unit.
  package var json: JSON {
    .array(rows.map { .array($0.compactMap { JSONNumber($0).map(JSON.number) }) })
  }

  /// Whether each unit has a score with every number of those after it.
  private static func areComplete(_ rows: [[Double]]) -> Bool {
    rows.enumerated().allSatisfy { $1.count == rows.count - $0 }
  }

  /// The neighbours with the lowest score together; the first of those with equal scores.
  ///
  /// - Parameters:
  ///   - count: How many they are, at least one.
  ///   - mayGo: Whether a unit may be among them.
  /// - Returns: The indices of their units; nil where no such neighbours may go.
  func lowest(_ count: Int, where mayGo: (Int) -> Bool) -> Range<Int>? {
    let starts = rows.indices.dropLast(count - 1).filter { ($0..<$0 + count).allSatisfy(mayGo) }
    return starts.min { rows[$0][count - 1] < rows[$1][count - 1] }.map { $0..<$0 + count }
  }

  /// The neighbours with the lowest score together, of those that are as few as suffice.
  ///
  /// - Parameters:
  ///   - mayGo: Whether a unit may be among them.
  ///   - suffices: Whether some neighbours suffice; then more of them do as well.
  /// - Returns: The indices of their units; nil where no such neighbours may go.
  func lowest(where mayGo: (Int) -> Bool, suffices: (Range<Int>) -> Bool) -> Range<Int>? {
    let spans = rows.indices.compactMap { start in
      (start + 1...rows.count).lazy.map { start..<$0 }.first(where: suffices)
    }
    .filter { $0.allSatisfy(mayGo) }
    return spans.min { rows[$0.lowerBound][$0.count - 1] < rows[$1.lowerBound][$1.count - 1] }
  }
}

extension Budget {
  /// The neighbours with the lowest score together, as many as would go by any scores.
  ///
  /// - Throws: `BudgetError` where `keep` leaves no such neighbours.
  func selection(_ spans: SpanScores, of units: [PrunableUnit]) throws(BudgetError) -> Selection {
    let any = try anySelection()
    guard !isExact, !any.removed.isEmpty else { return any }
    let allowed = Set(blocks.flatMap(\.all).map(\.number))
    func mayGo(_ index: Int) -> Bool { allowed.contains(units[index].number) }
    var lowest = spans.lowest(any.removed.count, where: mayGo)
    if case .size(let wanted) = goal, measure.isBound {
      lowest = spans.lowest(where: mayGo) { span in
        Double(span.reduce(0) { $0 + cost(units[$1]) }) >= wanted
      }
    }
    guard let lowest else {
      throw BudgetError(
        "`\(amount)` cannot be met: `\(keep)` leaves no \(any.removed.count) neighbours"
      )
    }
    return Selection(removed: Array(units[lowest]), ends: [lowest.count], next: any.next)
  }
}
