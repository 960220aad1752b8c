import BillhookCore

/// The table of a run: a row for each state of the model that was measured.
struct ReportTable {
  /// The names of the columns.
  private let head: [String]
  /// A row for each model: its label, then numbers for people.
  private let rows: [[String]]
  /// The same rows with plain numbers.
  private let plainRows: [[String]]
  /// How each metric was measured.
  private let protocols: [String]
  private let saved: [String]
  private let warnings: [String]

  init(_ report: Report) {
    let metrics = report.rows.flatMap { $0.metrics.map(\.name) }.uniqued
    let merged = Self.merged(report.rows)
    func metric(_ name: String, _ row: Report.Row) -> Metric? {
      row.metrics.first { $0.name == name }
    }
    head = ["model", "parameters", "size"] + metrics + ["seconds"]
    rows = merged.map { row in
      [row.label, Quantity.count(row.parameters), Quantity.bytes(row.bytes)]
        + metrics.map { metric($0, row).map(Self.text) ?? "" } + [Quantity.number(row.seconds)]
    }
    plainRows = merged.map { row in
      [row.label, "\(row.parameters)", "\(row.bytes)"]
        + metrics.map { metric($0, row).map { "\($0.value)" } ?? "" } + ["\(row.seconds)"]
    }
    protocols = report.rows.flatMap(\.metrics).map { "\($0.name): \($0.protocolNote)" }.uniqued
    saved = report.saved.map { "saved: \($0)" }
    warnings = report.warnings.map { "warning: \($0)" }
  }

  /// Columns of equal width, how they were measured, and what was saved.
  var lines: [String] {
    (rows.isEmpty ? [] : Columns.aligned([head] + rows) + protocols) + warnings + saved
  }

  /// Comma-separated values, numbers in full.
  var csv: [String] {
    Columns.separated([head] + plainRows)
  }

  /// A table in Markdown, and how its columns were measured.
  var markdown: [String] {
    let rule = head.indices.map { $0 == 0 ? "---" : "---:" }
    return ([head, rule] + rows).map { row in
      "| " + row.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    } + (protocols.isEmpty ? [] : [""] + protocols) + (warnings.isEmpty ? [] : [""] + warnings)
  }

  /// The value, and the quartiles where it has some.
  private static func text(_ metric: Metric) -> String {
    let bounds = metric.quartiles.map { [$0.lowerBound, $0.upperBound] } ?? []
    let rest = bounds.isEmpty ? "" : " [\(bounds.map(Quantity.number).joined(separator: ", "))]"
    return Quantity.number(metric.value) + rest
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
}

extension [String] {
  /// Each string once, where it first occurs.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
