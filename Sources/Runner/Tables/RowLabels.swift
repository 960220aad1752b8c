import BillhookPipeline
import BillhookRecipe

/// What tells rows of a report apart: the values of loops side by side, then what was done.
struct RowLabels {
  /// The head of their column.
  let head: String
  /// The label of each row, its parts below each other.
  let labels: [String]
  /// The label of each row in as few words as possible.
  let short: [String]

  init(_ rows: [Report.Row]) {
    let names = rows.flatMap { $0.branches.compactMap(\.variable?.name) }.uniqued
    let cells = rows.map { row in
      let values = names.map { name in
        // A branch's label is its variable, `=`, and the value as the recipe writes it.
        let branch = row.branches.first { $0.variable?.name == name }
        return branch.map { String($0.label.dropFirst(name.count + 1)).printable } ?? ""
      }
      let named = row.branches.filter { $0.variable == nil }.map(\.label)
      return values + [(named + [row.state]).joined(separator: ", ").printable]
    }
    let all = [names + ["model"]] + cells
    let widths = names.indices.map { column in all.map { $0[column].cells }.max() ?? 0 }
    let lines = all.map { row in
      zip(row, widths).map { $0.padded(toCells: $1 + 2) }.joined() + (row.last ?? "")
    }
    head = lines[0]
    labels = Array(lines.dropFirst())
    short = cells.map { row in row.filter { !$0.isEmpty }.joined(separator: ", ") }
  }
}
