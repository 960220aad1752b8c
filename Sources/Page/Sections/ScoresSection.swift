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
      && goneOfBlocks(first).map(\.gone) == goneOfBlocks(second).map(\.gone)
  }

  /// The removals that some scores decided: the next one, before units were scored again.
  private func removals(by index: Int) -> (removals: [Report.Removal], end: Int) {
    let scored = report.scores[index]
    let own = report.removals.filter {
      $0.branches == scored.branches && $0.criterion == scored.criterion
    }
    let next = own.first { $0.scored.map { $0 > index } ?? false }
    // Older reports do not say what they removed by which scores.
    let removals = next.map { [$0] } ?? own.filter { $0.scored == nil }
    return (removals, min(next?.scored ?? .max, report.scores.count))
  }

  /// The later scores of the same units, by the next of which others went.
  private func laterScores(_ index: Int, before end: Int) -> [Report.Scored] {
    let scored = report.scores[index]
    return report.scores[(index + 1)..<max(index + 1, end)].filter {
      $0.branches == scored.branches && $0.criterion == scored.criterion && $0.unit == scored.unit
    }
  }

  /// The units that went by some scores, where they are listed.
  private func gone(_ index: Int) -> Set<Int> {
    let scored = report.scores[index]
    let (removals, end) = removals(by: index)
    let gone = Set(removals.flatMap { $0.removed[scored.unit] ?? [] }).intersection(scored.units)
    let again = laterScores(index, before: end)
      .first { Set($0.units).isStrictSubset(of: scored.units) }
    return gone.subtracting(again?.units ?? [])
  }

  /// How many units of each block went by scores that are too many to list, and of how many; none where
  /// that is not known.
  private func goneOfBlocks(_ index: Int) -> [(gone: Int, count: Int)] {
    let unit = report.scores[index].unit
    let (removals, end) = removals(by: index)
    guard laterScores(index, before: end).allSatisfy({ $0.count == report.scores[index].count }),
      let layout = removals.first?.layouts[unit]
    else { return [] }
    var gone = [Int](repeating: 0, count: layout.count)
    let numbers = Set(removals.flatMap { $0.removed[unit] ?? [] })
    for (block, _) in RemovedSection.places(Array(numbers), layout) { gone[block] += 1 }
    return zip(gone, layout).map { ($0, $1) }
  }

  private func figure(_ index: Int) -> Figure {
    let scored = report.scores[index]
    let place = scored.branches.isEmpty ? "" : ", \(scored.branches.label)"
    let title = "\(scored.unit) by \(scored.criterion)\(place)"
    let isListed = !scored.units.isEmpty && scored.units.count <= Self.mostBars
    let gone = gone(index)
    let blocks = isListed ? [] : goneOfBlocks(index)
    let bars =
      isListed
      ? zip(scored.units, scored.values).map { unit, value in
        let shown = scored.shown(value)
        return BarChart.Bar(
          name: "\(unit)",
          value: shown,
          gone: gone.contains(unit) ? 1 : 0,
          label: "\(scored.unit) \(unit): \(Quantity.number(shown))"
            + (gone.contains(unit) ? ", went" : "")
        )
      } : means(scored, blocks)
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
        rows: bars.enumerated().map { place, bar in
          let went =
            blocks.indices.contains(place)
            ? "\(blocks[place].gone) of \(blocks[place].count)" : bar.gone > 0 ? "yes" : ""
          return [
            PageTable.Cell(bar.name), PageTable.Cell(bar.value) { "\($0)" },
            PageTable.Cell(went),
          ]
        }
      )
    )
  }

  private func means(
    _ scored: Report.Scored,
    _ blocks: [(gone: Int, count: Int)]
  ) -> [BarChart.Bar] {
    scored.means.enumerated().map { block, mean in
      let shown = mean.map(scored.shown) ?? .nan
      let (gone, count) = blocks.indices.contains(block) ? blocks[block] : (0, 0)
      return BarChart.Bar(
        name: "\(block)",
        value: shown,
        gone: count > 0 ? Double(gone) / Double(count) : 0,
        label: "block \(block): \(Quantity.number(shown))"
          + (gone > 0 ? ", \(gone) of \(count) went" : "")
      )
    }
  }
}
