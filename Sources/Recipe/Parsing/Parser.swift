/// Makes a syntax tree from tokens.
///
/// A construct that cannot be read is reported once and abandoned with `Derailed`; its entry is
/// dropped, and parsing goes on after it.
struct Parser {
  static let depthLimit = 64

  let source: SourceText
  let tokens: [Token]
  let brackets: Brackets
  let openStrings: [SourceSpan]
  private let openStringEnds: Set<Int>
  var index = 0
  var depth = 0
  var diagnostics: [Diagnostic] = []
  var openBraceIsReported = false

  /// Thrown when a problem was reported and the tokens that follow cannot be trusted.
  struct Derailed: Error {}

  init(_ source: SourceText, _ lexed: Lexed) {
    self.source = source
    tokens = lexed.tokens
    openStrings = lexed.openStrings
    openStringEnds = Set(lexed.openStrings.map(\.end))
    brackets = Brackets(lexed.tokens)
  }

  var current: Token { token(at: index) }
  var previous: Token { token(at: index - 1) }

  /// The token at an index; after the last one, the end token, which always exists.
  func token(at index: Int) -> Token {
    tokens.indices.contains(index) ? tokens[index] : end
  }

  private var end: Token {
    let count = source.bytes.count
    return tokens.last ?? Token(kind: .end, span: SourceSpan(start: count, end: count))
  }

  @discardableResult
  mutating func advance() -> Token {
    defer { if index < tokens.count - 1 { index += 1 } }
    return current
  }

  func isOpenString(endingAt offset: Int) -> Bool { openStringEnds.contains(offset) }

  mutating func skipNewlines() {
    while current.kind == .newline { advance() }
  }

  func text(of token: Token) -> String { source.text(in: token.span) }

  mutating func report(_ problem: SyntaxProblem, at span: SourceSpan, fix: Fix? = nil) {
    diagnostics.append(Diagnostic(problem, at: span, fix: fix))
  }

  /// Reports that the current token is wrong here, unless the lexer has already reported it.
  mutating func derail(_ problem: (SyntaxProblem.Found) -> SyntaxProblem) -> Derailed {
    let isReported = current.kind == .invalid || isOpenString(endingAt: current.span.end)
    if !isReported { report(problem(found), at: placeOfCurrent) }
    return Derailed()
  }

  var found: SyntaxProblem.Found {
    switch current.kind {
    case .newline: .lineEnd
    case .end: .fileEnd
    default: .text(text(of: current))
    }
  }

  /// Where to point: what is missing at the end of a line is missing after its last token.
  private var placeOfCurrent: SourceSpan {
    guard current.kind == .newline || current.kind == .end, index > 0 else { return current.span }
    let enclosure = previous.kind == .newline ? current.span.start : previous.span.end
    return SourceSpan(start: enclosure, end: enclosure)
  }

  /// Skips the rest of an entry; braces on the way are still parsed, to report errors in them.
  mutating func resynchronise(in enclosure: Enclosure) {
    while true {
      switch current.kind {
      case .newline, .end, .rightBrace: return
      case .comma where enclosure == .body: return
      case .leftBrace: _ = body()
      case .leftBracket:
        index = brackets.closing[index] ?? index
        advance()
      default: advance()
      }
    }
  }

  /// Where entries are: in a file or in braces.
  enum Enclosure {
    case file
    case body
  }
}
