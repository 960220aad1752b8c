@testable import BillhookRecipe

/// What formatting has done to a recipe that it must not do; nil when all is well.
///
/// The tree, the spelling of every token and the comments have to be the same afterwards, and
/// formatting again must change nothing.
func formattingFault(_ recipe: Recipe) -> String? {
  let formatted = recipe.formatted
  let source = SourceText(name: "formatted", text: formatted)
  let again = Recipe.parse(source)
  // Deep indentation can make a large recipe larger than a recipe may be.
  if again.diagnostics.map(\.code) == ["E0001"] { return nil }
  guard again.diagnostics.isEmpty else { return "does not parse: \(formatted)" }
  guard again.recipe.dump == recipe.dump else { return "another tree: \(formatted)" }
  guard spelling(source) == spelling(recipe.source) else { return "other tokens: \(formatted)" }
  guard comments(again.recipe) == comments(recipe) else { return "other comments: \(formatted)" }
  guard again.recipe.formatted == formatted else {
    return "not stable: \(formatted)---\n\(again.recipe.formatted)"
  }
  return nil
}

/// The text of every token but line ends and commas, which the formatter may set.
private func spelling(_ source: SourceText) -> [String] {
  Lexer.lex(source).tokens.filter { $0.kind != .newline && $0.kind != .comma }
    .map { source.text(in: $0.span) }
}

private func comments(_ recipe: Recipe) -> [String] {
  recipe.comments.map { comment in
    var text = comment.text
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
