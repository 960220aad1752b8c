import BillhookCore
import BillhookPipeline

extension ReportTable {
  /// Comma-separated values, numbers in full, with a column for each variable of a loop.
  var csv: [String] {
    typealias Cell = SeparatedValues.Cell
    let sizes = ["model", "parameters"] + (isSparse ? ["non_zero"] : []) + ["bytes"]
    let own = sizes + metrics + ["measuring_seconds"]
    let depth = rows.map { $0.branches.count { $0.variable == nil } }.max() ?? 0
    let branches = (0..<depth).map { $0 == 0 ? "branch" : "branch_\($0 + 1)" }
    let variables = rows.flatMap { $0.branches.variables.map(\.name) }.uniqued
    let taken = Set(own + branches)
    let hasQuartiles = Set(
      rows.flatMap(\.metrics).filter { $0.quartiles != nil }.map(\.name)
    )
    let hasError = Set(
      rows.flatMap(\.metrics).filter { $0.error != nil }.map(\.name)
    )
    let heads =
      branches + variables.map { taken.contains($0) ? "variable_\($0)" : $0 }
      + sizes
      + metrics.flatMap { name in
        [name] + (hasQuartiles.contains(name) ? ["\(name) lower", "\(name) upper"] : [])
          + (hasError.contains(name) ? ["\(name) error"] : [])
      }
      + ["measuring_seconds"]
    let lines = rows.map { row -> [Cell] in
      let names = row.branches.filter { $0.variable == nil }.map(\.label)
      var cells = (0..<depth).map { $0 < names.count ? Cell.text(names[$0]) : .empty }
      cells += variables.map { name in
        row.branches.variables.first { $0.name == name }.map { Cell($0.value) } ?? .empty
      }
      cells += [.text(row.state), Cell(row.parameters)]
      if isSparse { cells.append(Cell(row.nonZero ?? row.parameters)) }
      cells.append(Cell(row.bytes))
      cells += metrics.flatMap { name -> [Cell] in
        let metric = Self.metric(name, row)
        let bounds = [metric?.quartiles?.lowerBound, metric?.quartiles?.upperBound]
        let error = hasError.contains(name) ? [metric?.error] : []
        return ([metric?.value] + (hasQuartiles.contains(name) ? bounds : []) + error)
          .map { $0.map { Cell($0) } ?? .empty }
      }
      return cells + [Cell(row.seconds)]
    }
    return SeparatedValues.lines([heads.map { Cell.text($0) }] + lines)
  }

  /// A table in Markdown, how its columns were measured, and what should be known.
  var markdown: [String] {
    let sizes = ["parameters"] + (isSparse ? ["non-zero"] : []) + ["size"]
    let head = ["model"] + sizes + metrics.map(\.asMarkdown)
    let cells = rows.map { row in
      [row.label.asMarkdown, Quantity.count(row.parameters)]
        + (isSparse ? [Self.nonZero(row)] : []) + [Quantity.bytes(row.bytes)]
        + metrics.map { Self.metric($0, row)?.text ?? "" }
    }
    let notes = report.notes.map { note in
      let place = note.branches.isEmpty ? "" : "\(note.branches.label): "
      return "**Note:** " + (place + note.text).asMarkdown
    }
    let rest = protocols.map(\.asMarkdown) + notes.uniqued
    return MarkdownTable([head] + cells, numbersFrom: 1).lines
      + (rest.isEmpty ? [] : [""] + rest.map { "- \($0)" })
  }
}
