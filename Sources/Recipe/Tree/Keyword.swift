/// The first words of statements and clauses.
public enum Keyword {
  /// The words that a line outside braces can begin with.
  public static let statements = [
    "model", "data", "let", "score", "prune", "quantise", "recover", "evaluate", "save",
    "always", "repeat", "branch", "each",
  ]

  /// The statements whose braces hold clauses or statements.
  public static let withClauses = [
    "score", "prune", "quantise", "always", "repeat", "branch", "each",
  ]

  /// The words that clauses in the braces of `prune` begin with.
  public static let clauses = [
    "by", "remove", "down", "keep", "allocate", "search", "refine", "repair", "rescore", "gradual",
    "recover",
  ]
}
