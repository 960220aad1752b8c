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
    let all = report.scores.enumerated().filter { index, scored in
      // A branch that found its scores again tells nothing new, unless other units went.
      !report.scores[..<index].contains { isAlike($0, scored) }
    }.map(\.element)
    var text = [
      Markup("p", ["class": "soft"], ["The higher, the more important; hollow bars went."])
    ]
    if all.count > Self.mostFigures {
      let rest =
        "The first \(Self.mostFigures) of \(all.count) are shown; report.json has the rest."
      text.append(Markup("p", ["class": "soft"], ["\(rest)"]))
    }
    return PageSection("Scores", text, figures: all.prefix(Self.mostFigures).map(figure))
  }

  private func isAlike(_ one: Report.Scored, _ other: Report.Scored) -> Bool {
    one.unit == other.unit && one.criterion == other.criterion && one.units == other.units
      && one.values == other.values && one.means == other.means && gone(one) == gone(other)
  }

  /// The units that went by these scores.
  private func gone(_ scored: Report.Scored) -> Set<Int> {
    let own = report.removals.filter {
      $0.branches == scored.branches && $0.criterion == scored.criterion
    }
    return Set(own.flatMap { $0.removed[scored.unit] ?? [] })
  }

  private func figure(_ scored: Report.Scored) -> Figure {
    let place = scored.branches.isEmpty ? "" : ", \(scored.branches.label)"
    let title = "\(scored.unit) by \(scored.criterion)\(place)"
    let isListed = !scored.units.isEmpty && scored.units.count <= Self.mostBars
    let gone = gone(scored)
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
