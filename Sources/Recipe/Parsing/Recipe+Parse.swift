/// A parsed recipe with its diagnostics.
public struct ParseResult: Sendable {
  /// The syntax tree; where there are errors, statements or parts of them are missing.
  public let recipe: Recipe
  /// The diagnostics, in the order of the text.
  public let diagnostics: [Diagnostic]

  /// Whether the tree is incomplete, so that it should not be resolved.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

extension Recipe {
  /// Parses a recipe; terminates whatever the bytes are.
  public static func parse(_ source: SourceText) -> ParseResult {
    if let unreadable = source.readability {
      let recipe = Recipe(source: source, statements: [], comments: [])
      return ParseResult(recipe: recipe, diagnostics: [unreadable])
    }
    let lexed = Lexer.lex(source)
    var parser = Parser(source, lexed)
    let statements = parser.file()
    return ParseResult(
      recipe: Recipe(source: source, statements: statements, comments: lexed.comments),
      diagnostics: inOrder(source.controlCharacters + lexed.diagnostics + parser.diagnostics)
    )
  }
}

extension Value {
  /// Parses a source that holds a single value, as after `--let name=`.
  ///
  /// The value is nil exactly where there are diagnostics.
  public static func parse(_ source: SourceText) -> (value: Value?, diagnostics: [Diagnostic]) {
    if let unreadable = source.readability { return (nil, [unreadable]) }
    let lexed = Lexer.lex(source)
    var parser = Parser(source, lexed)
    let value = parser.onlyValue()
    let diagnostics = inOrder(source.controlCharacters + lexed.diagnostics + parser.diagnostics)
    return (diagnostics.isEmpty ? value : nil, diagnostics)
  }
}

private func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
  diagnostics.sorted { $0.span.start < $1.span.start }
}
