/// Rows of cells as lines of text.
enum Columns {
  /// Columns of equal width: names to the left, numbers to the right.
  static func aligned(_ cells: [[String]]) -> [String] {
    guard let first = cells.first else { return [] }
    let widths = first.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
  }

  /// Comma-separated values.
  static func separated(_ cells: [[String]]) -> [String] {
    cells.map { row in row.map(quoted).joined(separator: ",") }
  }

  private static func quoted(_ cell: String) -> String {
    let needsQuotes = cell.contains { ",\"\n\r".contains($0) }
    return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
  }
}
