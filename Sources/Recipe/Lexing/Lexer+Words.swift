extension Lexer {
  mutating func word() {
    let start = offset
    skip(while: \.continuesWord)
    guard !goesOnAsPath else { return unquotedText(from: start) }
    emit(.word(text(from: start)), from: start)
  }

  /// Reads `$name`; outside strings the name is a whole word.
  mutating func variable() {
    let start = offset
    offset += 1
    guard peek() != UInt8(ascii: "{") else { return bracedVariable(from: start) }
    guard peek().startsWord else {
      report(.missingVariableName, from: start)
      return emit(.invalid, from: start)
    }
    skip(while: \.continuesWord)
    guard !goesOnAsPath else { return unquotedText(from: start) }
    emit(.variable(text(from: start + 1)), from: start)
  }

  private mutating func bracedVariable(from start: Int) {
    let afterBrace = offset + 1
    var end = afterBrace
    while end < source.bytes.count, source.bytes[end].continuesWord { end += 1 }
    guard end < source.bytes.count, source.bytes[end] == UInt8(ascii: "}"),
      source.bytes[afterBrace].startsWord
    else {
      report(.missingVariableName, from: start)
      return emit(.invalid, from: start)
    }
    let name = source.text(in: SourceSpan(start: afterBrace, end: end))
    offset = end + 1
    report(.bracedVariable(name), from: start, fix: "$\(name)")
    emit(.variable(name), from: start)
  }

  /// Whether the word or number just read begins a path.
  var goesOnAsPath: Bool {
    switch peek() {
    case .slash, .backslash: true
    case .dot: peek(1) != .dot
    case .colon: !peek(1).endsUnquotedText
    default: false
    }
  }

  /// Reads a path or another text that should be in quotes as if it were.
  mutating func unquotedText(from start: Int) {
    skip { !$0.endsUnquotedText }
    let text = text(from: start)
    let quoted = text.split(separator: "\\", omittingEmptySubsequences: false)
    report(.unquotedText(text), from: start, fix: "\"\(quoted.joined(separator: "\\\\"))\"")
    emit(.string([.text(text)]), from: start)
  }

  mutating func dot() {
    let start = offset
    switch (peek(1), peek(2)) {
    case (.slash, _), (.dot, .slash): unquotedText(from: start)
    case (.dot, .dot):
      skip { $0 == .dot }
      report(.tooManyDots, from: start, fix: "..")
      emit(.dots, from: start)
    case (.dot, _):
      offset += 2
      emit(.dots, from: start)
    case (let next, _) where next.isDigit: number()
    case (let next, _) where next.startsWord: unquotedText(from: start)
    default: stray()
    }
  }

  mutating func slash() {
    let start = offset
    guard peek(1) == .slash else { return unquotedText(from: start) }
    offset += 2
    report(.foreignComment, from: start, fix: "#")
    skip { $0 != .lineFeed }
  }

  /// `rank: 8` is what other languages write, so it is read as `rank = 8`.
  mutating func colon() {
    guard !skipAfterKeyword() else { return }
    let start = offset
    offset += 1
    report(.colonForEquals, from: start, fix: " =")
    emit(.equals, from: start)
  }
}
