/// Lays out a syntax tree in lines.
///
/// What the author wrote on one line stays on one line where it fits; everything else is broken
/// from the outside in. Lines that the author broke stay broken, so formatting again changes
/// nothing.
struct Layout {
  static let width = 100
  static let step = 2

  let source: SourceText
  let inline: InlineText
  var lines: [FormattedLine] = []
  /// The comments that have not been placed yet, in order.
  var comments: ArraySlice<Comment>

  init(_ recipe: Recipe) {
    source = recipe.source
    inline = InlineText(source: recipe.source)
    comments = recipe.comments[...]
  }

  mutating func appendFile(_ statements: [Statement]) {
    let file = SourceSpan(start: source.textStart, end: source.bytes.count)
    append(entries: statements.map(Entry.clause), of: file, indent: 0)
  }

  mutating func append(_ entry: Entry, padding: Int, indent: Int) {
    if isOnOneLine(entry.span) {
      let text = inline.text(of: entry, padding: padding)
      if fits(text) { return append(text) }
    }
    append(inline.head(of: entry, padding: padding))
    switch entry {
    case .setting(let setting):
      append(" ")
      append(setting.value, indent: indent)
    case .clause(let statement):
      for argument in statement.arguments {
        append(" ")
        append(argument, indent: indent, reserving: statement.body == nil ? 0 : " {".utf8.count)
      }
      if let dataset = statement.dataset { append(" " + inline.dataset(dataset)) }
      if let body = statement.body {
        append(" ")
        append(body, indent: indent)
      }
    }
  }

  /// Appends a value.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - indent: The indentation of the line that it starts on.
  ///   - reserving: The width of what follows it on the same line.
  mutating func append(_ value: Value, indent: Int, reserving: Int = 0) {
    guard case .list(let elements) = value.kind else { return append(inline.text(of: value)) }
    if elements.isEmpty, !hasComments(before: value.span.end) { return append("[]") }
    if isOnOneLine(value.span) {
      let text = inline.text(of: value)
      if fits(text, reserving: reserving) { return append(text) }
    }
    append("[")
    append(elements: elements, of: value.span.inside, indent: indent + Self.step)
    startLine(indent)
    append("]")
  }

  private mutating func append(_ body: Body, indent: Int) {
    if body.entries.isEmpty, !hasComments(before: body.span.end) { return append("{}") }
    if isOnOneLine(body.span) {
      let text = inline.text(of: body)
      if fits(text) { return append(text) }
    }
    append("{")
    append(entries: body.entries, of: body.span.inside, indent: indent + Self.step)
    startLine(indent)
    append("}")
  }

  // MARK: Lines

  mutating func startLine(_ indent: Int) { lines.append(FormattedLine(indent: indent)) }

  mutating func append(_ text: String) {
    guard !lines.isEmpty else { return }
    lines[lines.count - 1].text += text
  }

  private func fits(_ text: String, reserving: Int = 0) -> Bool {
    (lines.last?.columns ?? 0) + text.columns + reserving <= Self.width
  }

  func isOnOneLine(_ span: SourceSpan) -> Bool {
    !source.bytes[source.range(of: span)].contains(.lineFeed)
  }

  private func hasComments(before end: Int) -> Bool {
    comments.first.map { $0.span.start < end } ?? false
  }
}

extension Entry {
  var span: SourceSpan {
    switch self {
    case .setting(let setting): setting.span
    case .clause(let statement): statement.span
    }
  }

  /// Whether others may share its line: settings may, statements may not.
  var mayShareLine: Bool {
    if case .setting = self { true } else { false }
  }
}

extension SourceSpan {
  /// The span without its first and last byte, which are brackets.
  fileprivate var inside: SourceSpan { SourceSpan(start: start + 1, end: end - 1) }
}
