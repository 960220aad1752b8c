import BillhookCore
import BillhookPipeline

/// The spectra of projections: for each kind of projection a chart, with some of the blocks.
struct SpectraSection {
  let report: Report

  /// The most blocks of a chart; the rest is in the report.
  private static let mostBlocks = 6

  var section: PageSection {
    let roles = report.spectra.map(\.role).uniqued
    return PageSection("Spectra of weights", [], figures: roles.map(figure))
  }

  private func figure(_ role: String) -> Figure {
    let all = report.spectra.filter { $0.role == role && !$0.eigenvalues.isEmpty }
    let count = min(all.count, Self.mostBlocks)
    let some = (0..<count).map { all[$0 * (all.count - 1) / max(1, count - 1)] }
    let lines = some.map { spectrum in
      let last = Double(max(1, spectrum.eigenvalues.count - 1))
      return LineChart.Line(
        name: "block \(spectrum.block), \(counted(spectrum.count, "eigenvalue"))",
        points: spectrum.eigenvalues.enumerated().map { index, value in
          LineChart.Point(
            x: 100 * Double(index) / last,
            y: value,
            label: "block \(spectrum.block): \(Quantity.number(value))"
          )
        }
      )
    }
    let points = lines.flatMap(\.points)
    let chart = LineChart(
      title: "Spectrum of \(role)",
      across: Axis("rank, in % of all", points.map(\.x)),
      up: Axis("eigenvalue", points.map(\.y), mayBeLogarithmic: true),
      lines: lines,
      showsPoints: false
    )
    return chart.figure(
      PageTable(
        heads: ["line", "rank, %", "eigenvalue"],
        rows: lines.flatMap { line in
          line.points.map { point in
            [
              PageTable.Cell(line.name), PageTable.Cell(point.x, as: Quantity.number),
              PageTable.Cell(point.y) { "\($0)" },
            ]
          }
        }
      ),
      note: "Of the first model that was measured"
        + (all.count > count ? "; \(count) of \(all.count) blocks, report.json has all." : ".")
    )
  }
}
