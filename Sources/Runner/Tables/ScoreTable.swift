import BillhookCore
import BillhookPipeline

/// The scores of the units of one kind, by one or several criteria; losses as perplexities, with
/// that of the whole model below them.
struct ScoreTable {
  private let scores: [Report.Scored]

  /// The most rows that are shown; of more units there is one line.
  private static let mostRows = 128

  /// Tables of scores: those of the same units in the same branches stand side by side.
  static func tables(of scores: [Report.Scored]) -> [ScoreTable] {
    var groups: [[Report.Scored]] = []
    for one in scores {
      if let last = groups.last?.last, last.branches == one.branches, last.unit == one.unit,
        last.units == one.units, last.count == one.count
      {
        groups[groups.count - 1].append(one)
      } else {
        groups.append([one])
      }
    }
    return groups.map { ScoreTable(scores: $0) }
  }

  /// The criteria: their names, and where two are alike, their settings too.
  private var heads: [String] {
    let names = scores.map { String($0.criterion.prefix { $0 != " " }) }
    return Set(names).count == names.count ? names : scores.map(\.criterion)
  }

  /// The lines of the table; the higher a score, the more important the unit.
  func lines(within width: Int?) -> [String] {
    let (first, hasLosses) = (scores[0], scores.contains { $0.scale == .loss })
    let place = first.branches.isEmpty ? "" : "[\(first.branches.label)] "
    let title = "\(place)scores of \(first.unit), the higher the more important"
    let hasWhole = scores.contains { $0.whole != nil }
    var lines = ReportTable.wrapped(title, width)
    if first.units.isEmpty || first.units.count > Self.mostRows {
      lines += scores.flatMap { one -> [String] in
        let text = "  \(one.criterion): \(counted(one.count, "unit")), in \(one.file)"
        return ReportTable.wrapped(text, width)
      }
    } else {
      let columns = scores.enumerated().map { index, one in
        FittedTable.Column(
          heads[index],
          one.values.map { Quantity.number(one.shown($0)) }
            + (hasWhole ? [one.whole.map { Quantity.number(one.shown($0)) } ?? ""] : []),
          rank: index == 0 ? 0 : 1
        )
      }
      let names = first.units.map { "\(first.unit) \($0)" } + (hasWhole ? ["whole model"] : [])
      lines += FittedTable("unit", names, columns).lines(within: width)
      lines += zip(scores, heads).filter { $0.criterion != $1 }
        .flatMap { ReportTable.wrapped("\($1): \($0.criterion)", width) }
    }
    guard hasLosses else { return lines }
    let unknown = hasWhole ? "" : "; that of the whole model is not known, `evaluate` measures it"
    return lines
      + ReportTable.wrapped("losses are shown as perplexities without the unit\(unknown)", width)
  }
}
