extension Layout {
  /// Appends the entries of a file or of braces, each row on a line of its own.
  ///
  /// - Parameters:
  ///   - entries: The entries.
  ///   - span: From the beginning of the file, or after the opening brace, to the end or the
  ///     closing brace.
  ///   - indent: The indentation of their lines.
  mutating func append(entries: [Entry], of span: SourceSpan, indent: Int) {
    let rows = rows(of: entries, indent: indent) { entry in
      (entry.span, entry.mayShareLine ? inline.text(of: entry) : nil)
    }
    let alignment = Alignment(rows.map(\.items)) { index in
      hasBlankLine(from: rows[index - 1].span.end, to: rows[index].span.start)
    }
    var cursor = Cursor(end: span.start)
    for (row, padding) in zip(rows, alignment.paddings) {
      startRow(row.span, at: &cursor, indent: indent)
      for (index, entry) in row.items.enumerated() {
        if index > 0 { append(", ") }
        append(entry, padding: padding, indent: indent)
      }
    }
    appendComments(before: span.end, at: &cursor, indent: indent)
  }

  /// Appends the elements of a list that is broken into lines; all rows end with a comma.
  mutating func append(elements: [Value], of span: SourceSpan, indent: Int) {
    var cursor = Cursor(end: span.start)
    for row in rows(of: elements, indent: indent, { ($0.span, inline.text(of: $0)) }) {
      startRow(row.span, at: &cursor, indent: indent)
      for (index, element) in row.items.enumerated() {
        if index > 0 { append(" ") }
        append(element, indent: indent, reserving: 1)
        append(",")
      }
    }
    appendComments(before: span.end, at: &cursor, indent: indent)
  }

  /// The position in the source while rows are appended.
  struct Cursor {
    /// The end of the last comment or row.
    var end: Int
    /// Whether nothing has a line of its own yet.
    var isFirst = true
  }

  /// Items that share a line.
  private struct Row<Item> {
    var items: [Item]
    var span: SourceSpan
  }

  /// Divides items into rows: items that shared a line still do, as far as they fit.
  ///
  /// - Parameters:
  ///   - items: The items to divide.
  ///   - indent: The indentation of the rows.
  ///   - describe: The span of an item, and its text if others may share its line.
  /// - Returns: The rows.
  private func rows<Item>(
    of items: [Item],
    indent: Int,
    _ describe: (Item) -> (span: SourceSpan, text: String?)
  ) -> [Row<Item>] {
    var rows: [Row<Item>] = []
    var width = 0
    var before: SourceSpan?
    for item in items {
      let (span, text) = describe(item)
      let columns = text?.columns ?? 0
      if text != nil, let before, isOnOneLine(before.through(span)),
        width + columns + ", ,".utf8.count <= Self.width
      {
        rows[rows.count - 1].items.append(item)
        rows[rows.count - 1].span = rows[rows.count - 1].span.through(span)
        width += columns + ", ".utf8.count
      } else {
        rows.append(Row(items: [item], span: span))
        width = indent + columns
      }
      before = text.map { _ in span }
    }
    return rows
  }

  private mutating func startRow(_ span: SourceSpan, at cursor: inout Cursor, indent: Int) {
    appendComments(before: span.start, at: &cursor, indent: indent)
    if !cursor.isFirst, hasBlankLine(from: cursor.end, to: span.start) { startLine(0) }
    startLine(indent)
    cursor = Cursor(end: span.end, isFirst: false)
  }

  // MARK: Comments

  private mutating func appendComments(before end: Int, at cursor: inout Cursor, indent: Int) {
    while let comment = comments.first, comment.span.start < end {
      comments.removeFirst()
      let span = comment.span
      let text = comment.text.withoutTrailingBlanks
      if !lines.isEmpty, isOnOneLine(SourceSpan(start: cursor.end, end: span.start)) {
        lines[lines.count - 1].comment = .init(
          text: text,
          column: source.location(of: span.start).column,
          gap: blanks(before: span.start)
        )
        cursor.end = span.end
        continue
      }
      if !cursor.isFirst, hasBlankLine(from: cursor.end, to: span.start) { startLine(0) }
      startLine(indent)
      append(text)
      cursor = Cursor(end: span.end, isFirst: false)
    }
  }

  private func blanks(before offset: Int) -> Int {
    var start = offset
    while start > 0, source.bytes[start - 1].isBlank { start -= 1 }
    return offset - start
  }

  private func hasBlankLine(from start: Int, to end: Int) -> Bool {
    var isBlank = false
    for byte in source.bytes[start..<max(start, end)] where !byte.isBlank {
      if byte == .lineFeed, isBlank { return true }
      isBlank = byte == .lineFeed
    }
    return false
  }
}

extension String {
  fileprivate var withoutTrailingBlanks: String {
    guard let last = utf8.lastIndex(where: { !$0.isBlank }) else { return "" }
    return String(self[...last])
  }
}
