extension Lexer {
  /// Reads what starts no token.
  mutating func stray() {
    let start = offset
    guard !skipControlCharacter() else { return }
    if foreignQuote(at: offset) != nil, foreignString() { return }
    if peek() >= 0x80 {
      while peek() >= 0x80, controlCharacter(at: offset) == nil { skipScalar() }
    } else {
      offset += 1
    }
    reportStray(from: start)
    emit(.invalid, from: start)
  }

  /// Skips a control character, which `SourceText.controlCharacters` has reported.
  private mutating func skipControlCharacter() -> Bool {
    guard let scalar = controlCharacter(at: offset) else { return false }
    offset += UTF8.width(scalar)
    return true
  }

  private func controlCharacter(at offset: Int) -> Unicode.Scalar? {
    source.scalar(at: offset).flatMap { $0.isControl ? $0 : nil }
  }

  /// Reads a string in the quotes of another language or of a word processor.
  private mutating func foreignString() -> Bool {
    let start = offset
    skipScalar()
    let textStart = offset
    while offset < source.bytes.count, peek() != .lineFeed {
      let textEnd = offset
      if let quote = foreignQuote(at: offset) {
        offset += UTF8.width(quote)
        let text = source.text(in: SourceSpan(start: textStart, end: textEnd))
        let isPlain = !text.utf8.contains { $0 == .quote || $0 == .backslash || $0 == .dollar }
        report(.foreignQuotes, from: start, fix: isPlain ? "\"\(text)\"" : nil)
        emit(.string(text.isEmpty ? [] : [.text(text)]), from: start)
        return true
      }
      skipScalar()
    }
    offset = start
    return false
  }

  private func foreignQuote(at offset: Int) -> Unicode.Scalar? {
    guard let scalar = source.scalar(at: offset) else { return nil }
    return "'‘’‚“”„«»".unicodeScalars.contains(scalar) ? scalar : nil
  }
}

extension SourceText {
  /// The Unicode scalar that starts at an offset.
  func scalar(at offset: Int) -> Unicode.Scalar? {
    guard offset < bytes.count else { return nil }
    if bytes[offset] < 0x80 { return Unicode.Scalar(bytes[offset]) }
    let window = bytes[offset..<min(offset + 4, bytes.count)]
    return String(decoding: window, as: UTF8.self).unicodeScalars.first
  }
}
