// What can be wrong with commas, brackets and line ends.

extension Explanation {
  static let missingSeparator = Explanation(
    "two entries with nothing between them",
    """
    Outside braces, every statement has its own line. Inside braces, settings and clauses are
    separated by line ends or commas.
    """,
    wrong: "prune block { by magnitude { p = 2 inside = l2 } }",
    right: "prune block { by magnitude { p = 2, inside = l2 } }"
  )

  static let commaBetweenStatements = Explanation(
    "a comma between two statements",
    "Outside braces, every statement has its own line.",
    wrong: "let first = 4, let last = 2",
    right: "let first = 4\nlet last = 2"
  )

  static let strayComma = Explanation(
    "a comma with nothing before it",
    "A comma separates two entries. One at the end is permitted.",
    wrong: "let blocks = [3,, 7]",
    right: "let blocks = [3, 7]"
  )

  static let braceOnNextLine = Explanation(
    "an opening brace on a line of its own",
    "A statement ends with its line, so its opening brace is on the same line.",
    wrong: "prune block\n{\n  by magnitude\n}",
    right: "prune block {\n  by magnitude\n}"
  )

  static let openBrace = Explanation(
    "a `{` without its `}`",
    "The file ends before the brace is closed.",
    wrong: "prune block {\n  by magnitude",
    right: "prune block {\n  by magnitude\n}"
  )

  static let openList = Explanation(
    "a `[` without its `]`",
    "A list may span several lines, but has to be closed.",
    wrong: "prune block {\n  keep [3, 7\n}",
    right: "prune block {\n  keep [3, 7]\n}"
  )

  static let unmatchedClosing = Explanation(
    "a closing bracket or brace that nothing opened",
    "Remove it, or write what is missing before it.",
    wrong: "let blocks = [3, 7]]",
    right: "let blocks = [3, 7]"
  )

  static let missingListComma = Explanation(
    "two elements of a list with no comma between them",
    "The elements of a list are separated by commas, even on several lines.",
    wrong: "let blocks = [3 7]",
    right: "let blocks = [3, 7]"
  )

  static let tooDeep = Explanation(
    "braces and lists nested too deeply",
    "Braces and lists may be nested, at most 64 levels deep.",
    wrong: "let blocks = " + brackets("[") + "6" + brackets("]"),
    right: "let blocks = [6]"
  )

  /// Sixty-five brackets, on two lines.
  private static func brackets(_ bracket: String) -> String {
    String(repeating: bracket, count: 40) + "\n" + String(repeating: bracket, count: 25)
  }
}
