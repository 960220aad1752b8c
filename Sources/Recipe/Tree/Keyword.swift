/// The words that statements and clauses begin with.
public enum Keyword {
  /// What a line outside of all braces can begin with.
  public static let statements = [
    "model", "data", "let", "score", "prune", "recover", "evaluate", "save", "always", "repeat",
    "branch", "each",
  ]

  /// The statements whose braces hold clauses or statements.
  public static let withClauses = ["score", "prune", "always", "repeat", "branch", "each"]

  /// What stands in the braces of `prune`.
  public static let clauses = ["by", "remove", "down", "keep", "allocate", "repair", "rescore"]
}
