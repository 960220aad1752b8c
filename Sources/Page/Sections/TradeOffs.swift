import BillhookCore
import BillhookPipeline

/// What is lost for what is saved: each main metric over parameters, over bytes, and over the time of a token,
/// a line for each method.
struct TradeOffs {
  let states: [MeasuredState]
  /// The names of what was measured, in order.
  let metrics: [String]
  /// Those that have charts.
  let main: Set<String>

  /// What a chart has across.
  private struct Cost {
    let name: String
    let unit: String?
    let value: (MeasuredState) -> Double?
    /// The metric that it is itself; nil for sizes.
    let metric: String?
  }

  private var costs: [Cost] {
    let isSparse = states.contains { $0.row.nonZero != nil }
    let sizes = [
      Cost(
        name: isSparse ? "parameters that are not zero" : "parameters",
        unit: "",
        value: { Double($0.nonZero) },
        metric: nil
      ),
      Cost(name: "bytes", unit: "B", value: { Double($0.row.bytes) }, metric: nil),
    ]
    let times = metrics.filter { $0.hasPrefix("ms a token") }.map { name in
      Cost(name: name, unit: nil, value: { $0.metric(name) }, metric: name)
    }
    return sizes + times
  }

  /// The charts; none where fewer than two models were measured.
  var section: PageSection {
    let rings =
      isOfOneModel
      ? "the ring is the model as it was opened, with nothing removed."
      : "a ring is a model as a run opened it, with its number in the table above."
    let text = Markup("p", ["class": "soft"], ["One line per method; \(rings)"])
    let figures =
      states.count < 2
      ? []
      : metrics.filter(main.contains).flatMap { metric in
        costs.compactMap { cost in
          isOfTime(metric) && cost.metric != nil ? nil : figure(metric, cost)
        }
      }
    return PageSection("What is lost for what is saved", [text], figures: figures)
  }

  /// Whether all runs opened the same model, which is the dense one then.
  private var isOfOneModel: Bool { states.allSatisfy { $0.opened == nil } }

  /// Whether a metric is a time itself, which says nothing over another one.
  private func isOfTime(_ metric: String) -> Bool {
    ["ms a token", "first token ms", "tokens/s"].contains(where: metric.hasPrefix)
  }

  /// Whether a metric is in percent, or all of its values lie between 0 and 1, as shares do: differences of
  /// shares mean something, their factors do not.
  private static func isShare(_ metric: String, _ values: [Double]) -> Bool {
    metric.split(separator: " ").contains("%") || values.allSatisfy { (0...1).contains($0) }
  }

  private func figure(_ metric: String, _ cost: Cost) -> Figure? {
    struct Entry {
      let state: MeasuredState
      let x: Double
      let y: Double
    }
    let entries = states.compactMap { state in
      cost.value(state).flatMap { x in state.metric(metric).map { Entry(state: state, x: x, y: $0) }
      }
    }
    guard entries.count > 1 else { return nil }
    let opened = isOfOneModel ? "dense" : "as opened"
    func point(_ entry: Entry) -> LineChart.Point {
      let label =
        "\(entry.state.number): \(entry.state.label); \(metric) \(Quantity.number(entry.y))"
      return LineChart.Point(x: entry.x, y: entry.y, label: label)
    }
    let changed = entries.filter { !$0.state.isOpened }
    let lines = changed.map(\.state.method).uniqued.map { method in
      let own = changed.filter { $0.state.method == method }.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
      return LineChart.Line(name: method, points: own.map(point))
    }
    let chart = LineChart(
      title: "\(metric) over \(cost.name)",
      across: Axis(cost.name, entries.map(\.x), unit: cost.unit),
      up: Axis(
        metric,
        entries.map(\.y),
        mayBeLogarithmic: !Self.isShare(metric, entries.map(\.y))
      ),
      lines: lines,
      marks: entries.filter(\.state.isOpened).map {
        LineChart.Mark(point: point($0), number: isOfOneModel ? nil : $0.state.number)
      }
    )
    return chart.figure(
      PageTable(
        heads: ["#", "model", "method", cost.name, metric],
        rows: entries.map { entry in
          [
            PageTable.Cell(Double(entry.state.number)) { "\(Int($0))" },
            PageTable.Cell(entry.state.label),
            PageTable.Cell(entry.state.isOpened ? opened : entry.state.method),
            PageTable.Cell(entry.x, as: cost.metric == nil ? { "\(Int($0))" } : { "\($0)" }),
            PageTable.Cell(entry.y) { "\($0)" },
          ]
        }
      )
    )
  }
}
