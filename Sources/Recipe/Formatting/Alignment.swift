/// Aligns the values of consecutive entries in one column, where their author did.
///
/// Whether a column helps the reader is for the author to decide; the formatter keeps it aligned
/// when a name changes.
struct Alignment {
  /// The text before an entry's values, and where the values start.
  private struct Label {
    /// Only entries of one kind are aligned: settings, `let`, `data`, or any other statements.
    let kind: String
    /// The width of the words in columns.
    let width: Int
    /// The columns between words and values where nothing is aligned.
    let gap: Int
    /// The distance from the entry's start to its values in the source.
    let offset: Int

    init?(_ entry: Entry) {
      switch entry {
      case .setting(let setting):
        (kind, gap, width) = ("=", 3, setting.name.text.utf8.count)
        offset = setting.value.span.start - setting.span.start
      case .clause(let statement):
        let keyword = statement.keyword.text
        guard let first = statement.arguments.first else { return nil }
        offset = first.span.start - statement.span.start
        if let name = statement.name {
          (kind, gap, width) = (keyword, 3, keyword.utf8.count + 1 + name.text.utf8.count)
        } else {
          (kind, gap, width) = ("", 1, keyword.utf8.count)
        }
      }
    }
  }

  /// The spaces that each row of entries needs, by the row's index.
  let paddings: [Int]

  /// Finds the runs of rows that their author aligned.
  ///
  /// - Parameters:
  ///   - rows: The rows; those with several entries are never aligned.
  ///   - hasGap: Whether a blank line precedes a row.
  init(_ rows: [[Entry]], hasGap: (Int) -> Bool) {
    let labels = rows.map { row in row.count == 1 ? row.first.flatMap(Label.init) : nil }
    var paddings = rows.map { _ in 0 }
    var start = 0
    while start < rows.count {
      var end = start + 1
      while end < rows.count, labels[end] != nil, labels[end]?.kind == labels[start]?.kind,
        !hasGap(end)
      { end += 1 }
      let run = labels[start..<end].compactMap(\.self)
      if Self.isAligned(run), let widest = run.map(\.width).max() {
        for (index, label) in zip(start..<end, run) { paddings[index] = widest - label.width }
      }
      start = end
    }
    self.paddings = paddings
  }

  /// Whether the author moved a value to the column of another.
  private static func isAligned(_ run: [Label]) -> Bool {
    let places = Dictionary(grouping: run, by: \.offset)
    return run.contains { label in
      label.offset > label.width + label.gap
        && places[label.offset, default: []].contains { $0.width != label.width }
    }
  }
}
