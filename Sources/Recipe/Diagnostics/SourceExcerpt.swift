/// One line of a source, made safe for a terminal, and the position of the carets below it.
struct SourceExcerpt {
  /// The line: tabs expanded, control characters replaced, cut off around the span when long.
  let line: String
  /// The number of cells before the first caret.
  let indent: Int
  /// The number of carets, at least one; for a span of several lines, the part on the first line.
  let width: Int

  private static let tabWidth = 4
  private static let longLine = 240

  init(_ source: SourceText, _ span: SourceSpan) {
    let bounds = source.span(ofLine: source.location(of: span.start).line)
    let start = min(max(span.start, bounds.start), bounds.end)
    let window = Self.window(bounds, around: start, source)
    var line = window.start > bounds.start ? "…" : ""
    var cells = line.count
    var caret: (start: Int, end: Int)?
    var offset = window.start
    for character in source.text(in: window) {
      let shown = Self.shown(character, at: cells)
      offset += character.utf8.count
      if caret == nil, offset > start { caret = (cells, cells + 1) }
      line += shown.text
      if let begun = caret, offset - character.utf8.count < span.end {
        caret = (begun.start, max(begun.end, cells + shown.width))
      }
      cells += shown.width
    }
    if window.end < bounds.end { line += "…" }
    let place = caret ?? (cells, cells + 1)
    self.line = Self.withoutTrailingBlanks(line)
    indent = place.start
    width = max(1, place.end - place.start)
  }

  private static func window(
    _ line: SourceSpan,
    around start: Int,
    _ source: SourceText
  ) -> SourceSpan {
    guard line.end - line.start > longLine else { return line }
    func boundary(_ offset: Int) -> Int {
      var offset = min(max(offset, line.start), line.end)
      while offset < line.end, source.bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      return offset
    }
    return SourceSpan(start: boundary(start - 60), end: boundary(start + longLine / 2))
  }

  private static func shown(_ character: Character, at cell: Int) -> (text: String, width: Int) {
    if character == "\t" {
      let width = tabWidth - cell % tabWidth
      return (String(repeating: " ", count: width), width)
    }
    guard let scalar = character.unicodeScalars.first, !scalar.isControl,
      scalar.properties.generalCategory != .format
    else { return ("\u{FFFD}", 1) }
    return (String(character), character.cells)
  }

  private static func withoutTrailingBlanks(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
