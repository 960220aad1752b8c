import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// The table of a run: a row for each state of the model that was measured.
struct ReportTable {
  let report: Report
  let rows: [Report.Row]
  /// The names of what was measured, in order.
  let metrics: [String]
  /// How metrics were measured: the names of those that were measured alike, and how.
  let protocols: [String]

  init(_ report: Report) {
    self.report = report
    rows = report.states
    metrics = report.rows.flatMap { $0.metrics.map(\.name) }.uniqued
    protocols = report.rows.flatMap(\.metrics).protocols
  }

  /// What a terminal shows: what was measured and how, what models wrote, scores that were asked for,
  /// what was saved.
  ///
  /// - Parameters:
  ///   - width: The cells of a line; nil for as many as everything takes.
  ///   - details: Whether the scores that removals used, what was removed and shapes are shown as
  ///     well.
  /// - Returns: The lines.
  func lines(within width: Int?, details: Bool = false) -> [String] {
    var lines: [String] = []
    if !rows.isEmpty {
      lines += table.lines(within: width) + protocols.flatMap { Self.wrapped($0, width) }
    }
    lines += SampleList(rows).lines(within: width)
    let scores = details ? report.scores : report.scores.filter(\.isAskedFor)
    for table in ScoreTable.tables(of: scores) { lines += [""] + table.lines(within: width) }
    if details {
      lines += [""] + removals.flatMap { Self.wrapped($0, width) }
      lines += [""] + shapes.flatMap { Self.wrapped($0, width) }
    }
    lines += report.saved.map { "saved: \($0.path.printable)" }
    return lines
  }

  /// The notes, which come last and are emphasised.
  ///
  /// - Parameters:
  ///   - width: The cells of a line; nil for as many as everything takes.
  ///   - details: Whether what was known before the run is shown as well, as it was then.
  /// - Returns: The lines.
  func notes(within width: Int?, details: Bool = false) -> [String] {
    let notes = details ? report.notes : report.notes.filter { $0.stage != nil }
    return notes.map(Self.text).uniqued.flatMap { Self.wrapped($0, width) }
  }

  /// A note, with the branch that it is about.
  private static func text(_ note: Report.Note) -> String {
    let place = note.branches.isEmpty ? "" : "[\(note.branches.label)] "
    return "note: " + place + note.text
  }

  private var table: FittedTable {
    var columns = [
      FittedTable.Column("parameters", rows.map { Quantity.count($0.parameters) }, rank: 2)
    ]
    if isSparse {
      columns.append(FittedTable.Column("non-zero", rows.map(Self.nonZero), rank: 2))
    }
    columns += [
      FittedTable.Column("size", rows.map { Quantity.bytes($0.bytes) }, rank: 3)
    ]
    let main = report.mainMetrics
    columns += metrics.enumerated().map { index, name in
      let cells = rows.map { Self.metric(name, $0)?.text ?? "" }
      return FittedTable.Column(name, cells, rank: index == 0 ? 0 : main.contains(name) ? 1 : 4)
    }
    let labels = RowLabels(rows)
    let cut = FittedTable.CutLabels(head: "model", short: labels.short, full: rows.map(\.label))
    return FittedTable(labels.head, labels.labels, orCut: cut, columns)
  }

  /// Whether masks hold weights of some model at zero: it has as many parameters, and fewer that count.
  var isSparse: Bool { rows.contains { $0.nonZero != nil } }

  static func nonZero(_ row: Report.Row) -> String { Quantity.count(row.nonZero ?? row.parameters) }

  private var removals: [String] {
    report.removals.map { removal in
      let units = removal.removed.sorted { $0.key < $1.key }.map { kind, numbers in
        "\(kind) \(numbers.ranges)"
      }
      let place = removal.branches.isEmpty ? "" : "[\(removal.branches.label)] "
      let by = removal.criterion.map { " by \($0)" } ?? ""
      return "removed: \(place)\(units.isEmpty ? "nothing" : units.joined(separator: "; "))\(by)"
    }
  }

  private var shapes: [String] {
    rows.compactMap { row in
      row.shape.map { shape in
        let texts = shape.texts.map { "\($0.name) \($0.value)" }
        return "shape: \(row.label): \(texts.joined(separator: "; "))"
      }
    }.uniqued
  }

  // MARK: Parts

  static func metric(_ name: String, _ row: Report.Row) -> Metric? {
    row.metrics.first { $0.name == name }
  }

  static func wrapped(_ text: String, _ width: Int?) -> [String] {
    guard let width else { return [text.printable] }
    return text.printable.wrapped(toCells: max(20, width), indent: "  ")
  }
}

extension [Int] {
  /// Ascending numbers in a few words: `0..3, 7`.
  fileprivate var ranges: String {
    var ranges: [ClosedRange<Int>] = []
    for number in self {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
      .joined(separator: ", ")
  }
}
