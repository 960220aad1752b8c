/// Cuts a source into tokens.
///
/// It never stops: what it cannot read, it reports and skips.
struct Lexer {
  let source: SourceText
  var offset: Int
  var lexed = Lexed()
  private var strayLine = false
  /// The number of open braces.
  private var depth = 0

  /// Cuts a source, which has to be valid UTF-8.
  static func lex(_ source: SourceText) -> Lexed {
    var lexer = Lexer(source)
    lexer.run()
    return lexer.lexed
  }

  private init(_ source: SourceText) {
    self.source = source
    offset = source.textStart
  }

  private mutating func run() {
    while offset < source.bytes.count { next() }
    emit(.end, from: offset)
  }

  private mutating func next() {
    let start = offset
    switch peek() {
    case .space, .tab: offset += 1
    case .lineFeed, .carriageReturn: newline()
    case UInt8(ascii: "#"): comment()
    case UInt8(ascii: "="): equals()
    case UInt8(ascii: ","): punctuation(.comma)
    case UInt8(ascii: "{"): punctuation(.leftBrace)
    case UInt8(ascii: "}"): punctuation(.rightBrace)
    case UInt8(ascii: "["): punctuation(.leftBracket)
    case UInt8(ascii: "]"): punctuation(.rightBracket)
    case .quote: string()
    case .dollar: variable()
    case .dot: dot()
    case .slash: slash()
    case .colon: colon()
    case UInt8(ascii: "~") where peek(1) == .slash: unquotedText(from: start)
    case .minus where peek(1).isDigit || (peek(1) == .dot && peek(2).isDigit): number()
    case let byte where byte.isDigit: number()
    case let byte where byte.startsWord: word()
    default: stray()
    }
  }

  /// The byte `ahead` bytes further on; zero after the end.
  func peek(_ ahead: Int = 0) -> UInt8 {
    let position = offset + ahead
    return position < source.bytes.count ? source.bytes[position] : 0
  }

  mutating func skip(while condition: (UInt8) -> Bool) {
    while offset < source.bytes.count, condition(source.bytes[offset]) { offset += 1 }
  }

  func text(from start: Int) -> String {
    String(decoding: source.bytes[start..<offset], as: UTF8.self)
  }

  mutating func emit(_ kind: Token.Kind, from start: Int) {
    lexed.tokens.append(Token(kind: kind, span: SourceSpan(start: start, end: offset)))
  }

  mutating func report(_ problem: SyntaxProblem, from start: Int, fix: String? = nil) {
    let span = SourceSpan(start: start, end: offset)
    lexed.diagnostics.append(
      Diagnostic(problem, at: span, fix: fix.map { Fix(span: span, replacement: $0) })
    )
  }

  private mutating func punctuation(_ kind: Token.Kind) {
    offset += 1
    emit(kind, from: offset - 1)
    switch kind {
    case .leftBrace: depth += 1
    case .rightBrace: depth -= 1
    default: break
    }
  }

  private mutating func equals() {
    guard !skipAfterKeyword() else { return }
    punctuation(.equals)
  }

  /// Skips an `=` or a `:` after the first word of a statement, where none belongs but other
  /// languages have one.
  ///
  /// Inside braces the word may be the name of a setting.
  mutating func skipAfterKeyword() -> Bool {
    guard depth <= 0, case .word(let word)? = lexed.tokens.last?.kind,
      Keyword.statements.contains(word), word != "let", word != "data",
      lexed.tokens.dropLast().last.map({ $0.kind == .newline }) ?? true
    else { return false }
    let start = offset
    offset += 1
    report(.punctuationAfterKeyword(word, text(from: start)), from: start, fix: "")
    return true
  }

  private mutating func newline() {
    offset += 1
    strayLine = false
    if lexed.tokens.last?.kind != .newline { emit(.newline, from: offset - 1) }
  }

  private mutating func comment() {
    let start = offset
    skip { $0 != .lineFeed }
    if offset > start, source.bytes[offset - 1] == .carriageReturn { offset -= 1 }
    let span = SourceSpan(start: start, end: offset)
    lexed.comments.append(Comment(text: text(from: start), span: span))
  }

  /// Reports a stray character, once per line: what follows on the same line is rarely worth
  /// another report.
  mutating func reportStray(from start: Int) {
    defer { strayLine = true }
    guard !strayLine else { return }
    report(.strayCharacter(text(from: start)), from: start)
  }
}
