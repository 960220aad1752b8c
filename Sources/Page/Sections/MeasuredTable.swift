import BillhookCore
import BillhookPipeline

/// The table of everything that was measured.
struct MeasuredTable {
  let states: [MeasuredState]

  /// The names of what was measured, in order.
  var metrics: [String] { states.flatMap { $0.row.metrics.map(\.name) }.uniqued }

  private var isSparse: Bool { states.contains { $0.row.nonZero != nil } }

  /// The table, with how each metric was measured.
  var section: PageSection {
    guard !states.isEmpty else {
      let text = Markup("p", ["class": "soft"], ["Nothing has been measured."])
      return PageSection("Measured", [text])
    }
    let protocols = states.flatMap(\.row.metrics).protocols
    return PageSection(
      "Measured",
      [
        table.markup("Everything that was measured", isSortable: true),
        Markup(
          "ul",
          ["class": "soft"],
          protocols.map { Markup("li", [:], ["\($0)"]) }
        ),
      ]
    )
  }

  private var table: PageTable {
    let hasRuns = states.contains { $0.run != nil }
    let heads =
      ["#"] + (hasRuns ? ["run"] : []) + ["model", "parameters"] + (isSparse ? ["non-zero"] : [])
      + ["size"] + metrics
    let rows = states.map { state -> [PageTable.Cell] in
      var cells = [PageTable.Cell(Double(state.number)) { "\(Int($0))" }]
      if hasRuns { cells.append(PageTable.Cell(state.run ?? "")) }
      cells += [PageTable.Cell(state.model), Self.count(state.row.parameters)]
      if isSparse { cells.append(Self.count(state.nonZero)) }
      cells.append(PageTable.Cell(Double(state.row.bytes)) { Quantity.bytes(Int($0)) })
      return cells + metrics.map { name in Self.cell(state.row.metrics.first { $0.name == name }) }
    }
    return PageTable(heads: heads, rows: rows)
  }

  private static func count(_ value: Int) -> PageTable.Cell {
    PageTable.Cell(Double(value)) { Quantity.count(Int($0)) }
  }

  private static func cell(_ metric: Metric?) -> PageTable.Cell {
    PageTable.Cell(metric?.value) { _ in metric?.text ?? "" }
  }
}
