import BillhookCore

/// The table at the end of a run: a row for each state of the model that was measured.
struct ReportTable {
  /// The lines of the table; none when nothing was measured or saved.
  let lines: [String]

  init(_ report: Report) {
    let metrics = report.rows.flatMap { $0.metrics.map(\.name) }.uniqued
    var cells = [["model", "parameters", "size"] + metrics]
    for row in Self.merged(report.rows) {
      cells.append(
        [row.label, Quantity.count(row.parameters), Quantity.bytes(row.bytes)]
          + metrics.map { name in
            row.metrics.first { $0.name == name }.map { Quantity.number($0.value) } ?? ""
          }
      )
    }
    let protocols = report.rows.flatMap(\.metrics)
      .map { "\($0.name): \($0.protocolNote)" }.uniqued
    lines =
      (report.rows.isEmpty ? [] : Self.aligned(cells) + protocols)
      + report.saved.map { "saved: \($0)" }
  }

  /// One row for each state of the model, with everything that was measured of it.
  private static func merged(_ rows: [Report.Row]) -> [Report.Row] {
    rows.reduce(into: []) { merged, row in
      if merged.last?.label == row.label, merged.last?.parameters == row.parameters {
        merged[merged.count - 1].metrics += row.metrics
        merged[merged.count - 1].seconds += row.seconds
      } else {
        merged.append(row)
      }
    }
  }

  /// Columns of equal width: names to the left, numbers to the right.
  private static func aligned(_ cells: [[String]]) -> [String] {
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
  }
}

extension [String] {
  /// Each string once, where it first occurs.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
