import BillhookCore
import BillhookPipeline

/// The scores of units as bars: one for each unit where there are few, else the mean of each block.
struct ScoresSection {
  let report: Report

  /// The most bars that a chart has.
  private static let mostBars = 160
  /// The most charts; the rest is in the files that the report names.
  private static let mostFigures = 24

  var section: PageSection {
    var text = [
      Markup("p", ["class": "soft"], ["The higher, the more important; hollow bars went."])
    ]
    let count = shown.count
    if count > Self.mostFigures {
      let rest = "The first \(Self.mostFigures) of \(count) are shown; report.json has the rest."
      text.append(Markup("p", ["class": "soft"], ["\(rest)"]))
    }
    return PageSection("Scores", text, figures: figures)
  }

  /// The charts.
  var figures: [Figure] { shown.prefix(Self.mostFigures).map(figure) }

  /// The places of the scores that have a chart.
  private var shown: [Int] {
    // A branch that found its scores again tells nothing new, unless other units went.
    report.scores.indices.filter { index in
      !report.scores.indices[..<index].contains { isAlike($0, index) }
    }
  }

  private func isAlike(_ first: Int, _ second: Int) -> Bool {
    let (one, other) = (report.scores[first], report.scores[second])
    return one.unit == other.unit && one.criterion == other.criterion && one.units == other.units
      && one.values == other.values && one.means == other.means && gone(first) == gone(second)
  }

  /// The units that went by some scores: in the next removal, before they were scored again.
  private func gone(_ index: Int) -> Set<Int> {
    let scored = report.scores[index]
    let own = report.removals.filter {
      $0.branches == scored.branches && $0.criterion == scored.criterion
    }
    let next = own.first { $0.scored.map { $0 > index } ?? false }
    // Older reports do not say what they removed by which scores.
    let removals = next.map { [$0] } ?? own.filter { $0.scored == nil }
    let gone = Set(removals.flatMap { $0.removed[scored.unit] ?? [] }).intersection(scored.units)
    let end = min(next?.scored ?? .max, report.scores.count)
    let again = report.scores[(index + 1)..<max(index + 1, end)].first {
      $0.branches == scored.branches && $0.criterion == scored.criterion && $0.unit == scored.unit
        && Set($0.units).isStrictSubset(of: scored.units)
    }
    return gone.subtracting(again?.units ?? [])
  }

  private func figure(_ index: Int) -> Figure {
    let scored = report.scores[index]
    let place = scored.branches.isEmpty ? "" : ", \(scored.branches.label)"
    let title = "\(scored.unit) by \(scored.criterion)\(place)"
    let isListed = !scored.units.isEmpty && scored.units.count <= Self.mostBars
    let gone = gone(index)
    let bars =
      isListed
      ? zip(scored.units, scored.values).map { unit, value in
        let shown = scored.shown(value)
        return BarChart.Bar(
          name: "\(unit)",
          value: shown,
          isGone: gone.contains(unit),
          label: "\(scored.unit) \(unit): \(Quantity.number(shown))"
            + (gone.contains(unit) ? ", went" : "")
        )
      } : means(scored)
    let name = scored.scale == .loss ? "perplexity without it" : "score"
    let whole = isListed ? scored.whole.map(scored.shown) : nil
    let chart = BarChart(
      title: title,
      up: Axis(
        isListed ? name : "mean \(name)",
        bars.map(\.value) + [whole].compactMap(\.self),
        fromZero: true,
        mayBeLogarithmic: scored.scale == .loss
      ),
      foot: isListed ? scored.unit : "block",
      bars: bars,
      level: whole.map { ($0, "whole model") }
    )
    return Figure(
      title: title,
      picture: chart.picture,
      legend: chart.legend,
      note: isListed ? nil : "\(scored.count) units; all of them are in \(scored.file).",
      numbers: PageTable(
        heads: [chart.foot, name, "went"],
        rows: bars.map { bar in
          [
            PageTable.Cell(bar.name), PageTable.Cell(bar.value) { "\($0)" },
            PageTable.Cell(bar.isGone ? "yes" : ""),
          ]
        }
      )
    )
  }

  private func means(_ scored: Report.Scored) -> [BarChart.Bar] {
    scored.means.enumerated().map { block, mean in
      let shown = mean.map(scored.shown) ?? .nan
      return BarChart.Bar(
        name: "\(block)",
        value: shown,
        label: "block \(block): \(Quantity.number(shown))"
      )
    }
  }
}
