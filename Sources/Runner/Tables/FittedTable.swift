import BillhookRecipe

/// A table that fits a terminal: no cell is ever broken, so no number is.
///
/// What does not fit gives way in this order: heads go over several lines; labels are cut off and
/// stand in full below the table; columns are left out and named.
struct FittedTable {
  /// A column of values, to the right.
  struct Column {
    let head: String
    let cells: [String]
    /// How early the column is left out; those with 0 never are, and among equals the last goes first.
    let rank: Int

    init(_ head: String, _ cells: [String], rank: Int) {
      self.head = head.printable
      self.cells = cells.map(\.printable)
      self.rank = rank
    }
  }

  /// What takes the place of labels that have no room.
  struct CutLabels {
    /// The head of their column.
    let head: String
    /// The label of each row, of which the table shows the beginning.
    let short: [String]
    /// The text below the table for each row.
    let full: [String]
  }

  private let labelHead: String
  private let labels: [String]
  private let cutLabels: CutLabels
  private let columns: [Column]

  /// The narrowest line that a table is laid out for.
  private static let leastWidth = 40
  /// The least room of a cut label, below which columns are left out instead.
  private static let leastLabel = 20
  private static let gap = 2

  /// A table with a label for each row.
  ///
  /// - Parameters:
  ///   - labelHead: The head of the labels' column.
  ///   - labels: The label of each row.
  ///   - cutLabels: What takes their place where they have no room; nil for the same.
  ///   - columns: The columns, each with a cell for each row.
  init(
    _ labelHead: String,
    _ labels: [String],
    orCut cutLabels: CutLabels? = nil,
    _ columns: [Column]
  ) {
    self.labelHead = labelHead.printable
    self.labels = labels.map(\.printable)
    let cut = cutLabels ?? CutLabels(head: labelHead, short: labels, full: labels)
    self.cutLabels = CutLabels(
      head: cut.head.printable,
      short: cut.short.map(\.printable),
      full: cut.full.map(\.printable)
    )
    self.columns = columns
  }

  /// The lines of the table, for lines of a number of cells; nil for as many as everything takes.
  func lines(within width: Int?) -> [String] {
    let whole = Layout(labelHead, labels: labels, columns: columns, headsAreBroken: false)
    guard let least = width else { return lines(of: whole) }
    let room = max(Self.leastWidth, least)
    if whole.width <= room { return lines(of: whole) }
    var shown = columns
    while true {
      let layout = Layout(labelHead, labels: labels, columns: shown, headsAreBroken: true)
      if layout.width <= room { return lines(of: layout) + missing(shown, room) }
      let left = room - layout.columnsWidth
      let place = shown.indices.filter { shown[$0].rank > 0 }.max {
        (shown[$0].rank, $0) < (shown[$1].rank, $1)
      }
      if left >= Self.leastLabel || place == nil {
        let label = max(left, 6)
        let cut = numbered(cutLabels.short).map { $0.clipped(toCells: label) }
        let head = (numberIndent + cutLabels.head).clipped(toCells: label)
        return lines(of: layout.with(cut, below: head)) + legend(room) + missing(shown, room)
      }
      place.map { _ = shown.remove(at: $0) }
    }
  }

  // MARK: Parts

  /// The widths of everything.
  private struct Layout {
    var labelHead: String
    var labels: [String]
    let columns: [Column]
    let heads: [[String]]
    let widths: [Int]

    init(_ labelHead: String, labels: [String], columns: [Column], headsAreBroken: Bool) {
      self.labelHead = labelHead
      self.labels = labels
      self.columns = columns
      heads = columns.map { column in
        guard headsAreBroken else { return [column.head] }
        let cells = column.cells.map(\.cells).max() ?? 0
        let word = column.head.split(separator: " ").map { String($0).cells }.max() ?? 0
        return column.head.wrapped(toCells: max(cells, min(word, 14), 1))
      }
      widths = zip(columns, heads).map { column, head in
        (column.cells + head).map(\.cells).max() ?? 0
      }
    }

    /// The cells of all columns with the space before each.
    var columnsWidth: Int { widths.reduce(0) { $0 + $1 + FittedTable.gap } }

    var labelWidth: Int { (labels + [labelHead]).map(\.cells).max() ?? 0 }

    var width: Int { labelWidth + columnsWidth }

    func with(_ labels: [String], below head: String) -> Layout {
      var layout = self
      (layout.labels, layout.labelHead) = (labels, head)
      return layout
    }
  }

  private func lines(of layout: Layout) -> [String] {
    let labelWidth = layout.labelWidth
    func line(_ label: String, _ cells: [String]) -> String {
      let rest = zip(cells, layout.widths).map { cell, width in
        String(repeating: " ", count: Self.gap + width - cell.cells) + cell
      }
      let line = label.padded(toCells: labelWidth) + rest.joined()
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    let height = layout.heads.map(\.count).max() ?? 1
    let heads = (0..<height).map { row in
      line(
        row == height - 1 ? layout.labelHead : "",
        layout.heads.map { head in
          let index = row - (height - head.count)
          return index < 0 ? "" : head[index]
        }
      )
    }
    return heads
      + labels.indices.map { row in
        line(layout.labels[row], layout.columns.map { $0.cells[row] })
      }
  }

  private func numbered(_ labels: [String]) -> [String] {
    labels.enumerated().map { index, label in
      let number = "\(index + 1) "
      return String(repeating: " ", count: numberIndent.count - number.count) + number + label
    }
  }

  /// As wide as the numbers that cut labels begin with.
  private var numberIndent: String {
    String(repeating: " ", count: "\(labels.count)".count + 1)
  }

  private func legend(_ width: Int) -> [String] {
    numbered(cutLabels.full).flatMap {
      "  \($0)".wrapped(toCells: width, indent: "  " + numberIndent)
    }
  }

  private func missing(_ shown: [Column], _ width: Int) -> [String] {
    let names = columns.map(\.head).filter { head in !shown.contains { $0.head == head } }
    guard !names.isEmpty else { return [] }
    return "no room for \(names.joined(separator: ", ")); `--wide` shows all"
      .wrapped(toCells: width, indent: "  ")
  }
}
