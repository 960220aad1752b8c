/// Diagnostics for people: the message, the line of the source, carets, notes.
struct TextRendering {
  let source: SourceText
  let style: Style

  /// Everything about one diagnostic.
  func block(_ diagnostic: Diagnostic) -> String {
    let severity = diagnostic.severity
    let places = diagnostic.notes.compactMap(\.span) + [diagnostic.span]
    let gutter = places.map { String(source.location(of: $0.start).line).count }.max() ?? 1
    let head = style.severity("\(severity.rawValue)[\(diagnostic.code)]", severity)
    var lines = [head + style.strong(": \(diagnostic.message.printable)")]
    lines += snippet(diagnostic.span, gutter, diagnostic.label) {
      style.severity(String(repeating: "^", count: $0), severity)
    }
    for note in diagnostic.notes where note.span == nil {
      lines.append(remark("note", note.message.printable, gutter))
    }
    if let fix = diagnostic.fix {
      lines.append(remark("fix", words(for: fix), gutter))
    }
    for note in diagnostic.notes {
      guard let span = note.span else { continue }
      lines.append(style.strong("note: \(note.message.printable)"))
      lines += snippet(span, gutter, nil) { style.frame(String(repeating: "-", count: $0)) }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func snippet(
    _ span: SourceSpan,
    _ gutter: Int,
    _ label: String?,
    underline: (Int) -> String
  ) -> [String] {
    let place = source.location(of: span.start)
    let excerpt = SourceExcerpt(source, span)
    let margin = String(repeating: " ", count: gutter)
    let number = String(place.line)
    let padded = number + String(repeating: " ", count: gutter - number.count)
    let indent = String(repeating: " ", count: excerpt.indent)
    let trailing = label.map { " " + $0.printable } ?? ""
    let line = excerpt.line.isEmpty ? "" : " " + excerpt.line
    return [
      "\(margin)\(style.frame("-->")) \(source.name.printable):\(place.line):\(place.column)",
      "\(margin) \(style.frame("|"))",
      "\(style.frame("\(padded) |"))\(line)",
      "\(margin) \(style.frame("|")) \(indent)\(underline(excerpt.width))\(trailing)",
    ]
  }

  private func remark(_ kind: String, _ text: String, _ gutter: Int) -> String {
    let margin = String(repeating: " ", count: gutter)
    return "\(margin) \(style.frame("=")) \(style.strong("\(kind):")) \(text)"
  }

  private func words(for fix: Fix) -> String {
    let old = source.text(in: fix.span).printable.clipped(to: 60)
    let new = fix.replacement.printable.clipped(to: 60)
    return switch (old.isEmpty, new.isEmpty) {
    case (true, _): "insert `\(new)`"
    case (_, true): "remove `\(old)`"
    default: "replace `\(old)` with `\(new)`"
    }
  }
}

/// Colours for a terminal, or none.
struct Style {
  let isColored: Bool

  func severity(_ text: String, _ severity: Diagnostic.Severity) -> String {
    switch severity {
    case .error: paint(text, "1;31")
    case .warning: paint(text, "1;33")
    case .note: paint(text, "1;36")
    }
  }

  func strong(_ text: String) -> String { paint(text, "1") }

  func frame(_ text: String) -> String { paint(text, "1;34") }

  private func paint(_ text: String, _ codes: String) -> String {
    isColored ? "\u{1B}[\(codes)m\(text)\u{1B}[0m" : text
  }
}
