extension Lexer {
  /// Reads a string in double quotes, which ends at the end of the line at the latest.
  mutating func string() {
    let start = offset
    var parts = StringParts()
    offset += 1
    while offset < source.bytes.count, !isAtLineEnd {
      switch peek() {
      case .quote:
        offset += 1
        return emit(.string(parts.finished()), from: start)
      case .backslash: escape(&parts)
      case .dollar: interpolation(&parts)
      case let byte:
        parts.append(byte)
        offset += 1
      }
    }
    report(.openString, from: start)
    lexed.openStrings.append(SourceSpan(start: start, end: offset))
    emit(.string(parts.finished()), from: start)
  }

  private var isAtLineEnd: Bool {
    peek() == .lineFeed || (peek() == .carriageReturn && peek(1) == .lineFeed)
  }

  private mutating func escape(_ parts: inout StringParts) {
    let start = offset
    offset += 1
    guard offset < source.bytes.count, !isAtLineEnd else { return parts.append(.backslash) }
    let escaped = peek()
    skipScalar()
    switch escaped {
    case .quote, .backslash: parts.append(escaped)
    case UInt8(ascii: "n"): parts.append(.lineFeed)
    case UInt8(ascii: "t"): parts.append(.tab)
    default:
      let text = text(from: start)
      report(.unknownEscape(text), from: start, fix: "\\" + text)
      text.utf8.forEach { parts.append($0) }
    }
  }

  /// Reads `$$`, `${name}`, or `$name`.
  ///
  /// The last one ends before `+` and `-`: those are far more often text, as in
  /// `"out/$cut-healed"`, than part of a name.
  private mutating func interpolation(_ parts: inout StringParts) {
    let start = offset
    offset += 1
    switch peek() {
    case .dollar:
      offset += 1
      parts.append(.dollar)
    case UInt8(ascii: "{"): bracedInterpolation(from: start, &parts)
    case let byte where byte.startsWord:
      skip(while: \.continuesName)
      let span = SourceSpan(start: start, end: offset)
      parts.append(variable: text(from: start + 1), span)
    default:
      report(.strayDollar, from: start, fix: "$$")
      parts.append(.dollar)
    }
  }

  private mutating func bracedInterpolation(from start: Int, _ parts: inout StringParts) {
    offset += 1
    let nameStart = offset
    if peek().startsWord { skip(while: \.continuesWord) }
    let name = text(from: nameStart)
    guard !name.isEmpty, peek() == UInt8(ascii: "}") else {
      return report(.openInterpolation, from: start)
    }
    offset += 1
    parts.append(variable: name, SourceSpan(start: start, end: offset))
  }

  mutating func skipScalar() {
    offset += 1
    skip { $0 & 0xC0 == 0x80 }
  }
}

/// The parts of a string as they are collected.
private struct StringParts {
  private var parts: [StringPart] = []
  private var bytes: [UInt8] = []

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(variable name: String, _ span: SourceSpan) {
    flush()
    parts.append(.variable(name, span))
  }

  mutating func finished() -> [StringPart] {
    flush()
    return parts
  }

  private mutating func flush() {
    guard !bytes.isEmpty else { return }
    parts.append(.text(String(decoding: bytes, as: UTF8.self)))
    bytes.removeAll()
  }
}
