import BillhookCore
import BillhookPipeline

/// The losses of trainings and of searches, step by step.
struct CurvesSection {
  let report: Report

  /// The most trainings that share a chart.
  private static let mostLines = 5
  /// What losses are measured in.
  private static let loss = "nats a token"

  /// The trainings.
  var trainings: PageSection {
    let all = report.trainings.filter { !$0.outcome.curve.isEmpty }
    let groups = stride(from: 0, to: all.count, by: Self.mostLines).map { start in
      Array(all[start..<min(start + Self.mostLines, all.count)])
    }
    return PageSection(
      "Losses of trainings",
      [],
      figures: groups.enumerated().map { index, group in
        let number = groups.count == 1 ? "" : " (\(index + 1) of \(groups.count))"
        return Self.figure("Loss, nats a token\(number)", lines: group.flatMap(Self.lines))
      }
    )
  }

  private static func lines(of training: Report.Training) -> [LineChart.Line] {
    let place = training.branches.isEmpty ? "" : "\(training.branches.label), "
    let name = "\(place)\(training.state) + \(training.recovery)"
    let outcome = training.outcome
    let parts = [(name, outcome.curve), ("\(name), held out", outcome.heldOutCurve)]
    return parts.filter { !$0.1.isEmpty }.map { name, points in
      LineChart.Line(
        name: name,
        points: points.map {
          LineChart.Point(
            x: Double($0.step),
            y: $0.loss,
            label: "step \($0.step): \(Quantity.number($0.loss))"
          )
        }
      )
    }
  }

  /// The searches.
  var searches: PageSection {
    PageSection(
      "Searches",
      [],
      figures: report.searches.map { search in
        let place = search.branches.isEmpty ? "" : ", \(search.branches.label)"
        let outcome = search.outcome
        func line(_ name: String, _ loss: (SearchOutcome.Point) -> Double) -> LineChart.Line {
          LineChart.Line(
            name: name,
            points: outcome.curve.map { point in
              LineChart.Point(
                x: Double(point.step),
                y: loss(point),
                label: "step \(point.step): \(Quantity.number(loss(point)))"
              )
            }
          )
        }
        let (best, mean) =
          outcome.fitness.map { ("best \($0.metric)", "mean \($0.metric)") }
          ?? ("lowest loss", "mean loss")
        let note =
          "By scores alone \(Quantity.number(outcome.start)), by the search "
          + "\(Quantity.number(outcome.answer)), on \(counted(outcome.windows, "window")); "
          + "\(outcome.evaluations) evaluations."
        return Self.figure(
          "\(search.search), \(search.amount)\(place)",
          lines: [line("\(best) of the step", \.best), line("\(mean) of the step", \.mean)],
          measure: outcome.fitness?.metric ?? Self.loss,
          note: note
        )
      }
    )
  }

  private static func figure(
    _ title: String,
    lines: [LineChart.Line],
    measure: String = loss,
    note: String? = nil
  ) -> Figure {
    let points = lines.flatMap(\.points)
    let chart = LineChart(
      title: title,
      across: Axis("step", points.map(\.x)),
      up: Axis(measure, points.map(\.y), mayBeLogarithmic: true),
      lines: lines,
      showsPoints: lines.allSatisfy { $0.points.count <= 25 }
    )
    return chart.figure(
      PageTable(
        heads: ["line", "step", measure == loss ? "loss" : measure],
        rows: lines.flatMap { line in
          line.points.map { point in
            [
              PageTable.Cell(line.name), PageTable.Cell(point.x) { "\(Int($0))" },
              PageTable.Cell(point.y) { "\($0)" },
            ]
          }
        }
      ),
      note: note
    )
  }
}
