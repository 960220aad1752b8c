/// A position in a source as people count it.
public struct SourceLocation: Sendable, Hashable {
  /// The line, from 1.
  public let line: Int
  /// The column, from 1, in characters: grapheme clusters, a tab is one.
  public let column: Int
}

extension SourceText {
  /// The line and column of a byte offset; an offset inside a character means that character.
  public func location(of offset: Int) -> SourceLocation {
    let offset = min(max(offset, textStart), bytes.count)
    let line = lineIndex(of: offset)
    return SourceLocation(line: line + 1, column: column(of: offset, from: lineStarts[line]))
  }

  /// The bytes of a line, counted from 1, without its line end.
  public func span(ofLine line: Int) -> SourceSpan {
    let index = min(max(line - 1, 0), lineStarts.count - 1)
    let start = lineStarts[index]
    guard index + 1 < lineStarts.count else { return SourceSpan(start: start, end: bytes.count) }
    var end = lineStarts[index + 1] - 1
    if end > start, bytes[end - 1] == .carriageReturn { end -= 1 }
    return SourceSpan(start: start, end: end)
  }

  private func lineIndex(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  private func column(of offset: Int, from start: Int) -> Int {
    let line = span(ofLine: lineIndex(of: offset) + 1)
    let offset = min(offset, line.end)
    // A combining mark may follow, so the character after the prefix has to be ASCII as well.
    let tail = min(offset + 1, line.end)
    guard bytes[start..<tail].contains(where: { $0 >= 0x80 }) else { return offset - start + 1 }
    var end = start
    var column = 1
    for character in text(in: line) {
      end += character.utf8.count
      guard end <= offset else { break }
      column += 1
    }
    return column
  }
}
