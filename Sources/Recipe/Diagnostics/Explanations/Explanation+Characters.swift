// What can be wrong with the characters of a recipe, before they form words and values.

extension Explanation {
  static let sourceTooLarge = Explanation(
    "the recipe is larger than a recipe may be",
    """
    A recipe has at most a million bytes. A file this large is usually not a recipe: data and
    lists of scores belong in files of their own, which the recipe names.
    """,
    noExampleBecause: "it would have a million bytes"
  )

  static let invalidUTF8 = Explanation(
    "the file is not UTF-8",
    """
    Recipes are text in UTF-8. The file has another encoding, such as Latin-1 or UTF-16, or is not
    text. Save it as UTF-8 in your editor.
    """,
    noExampleBecause: "such bytes cannot be printed"
  )

  static let controlCharacter = Explanation(
    "a control character",
    """
    Characters that are invisible, or that change the order of visible ones, would make a
    recipe mean something other than it shows. They get in by copying; delete them. Apart from line
    ends, only tabs are permitted.
    """,
    wrong: "model \"Models/\u{7}tiny\"",
    right: "model \"Models/tiny\""
  )

  static let strayCharacter = Explanation(
    "a character that starts nothing",
    """
    Words consist of the letters a to z, digits, `_`, `+` and `-`; all other text is written
    in double quotes. There are no parentheses, and statements do not end with `;`.
    """,
    wrong: "let cut = (6)",
    right: "let cut = 6"
  )

  static let unquotedText = Explanation(
    "a text that needs quotes",
    """
    Paths, names of files and everything else with a `.`, `/`, `:` or `~` in it are in double
    quotes.
    """,
    wrong: "model Models/tiny",
    right: "model \"Models/tiny\""
  )

  static let foreignQuotes = Explanation(
    "quotes other than `\"`",
    """
    Strings are in straight double quotes. Single quotes belong to other languages, curly ones
    to word processors.
    """,
    wrong: "model 'Models/tiny'",
    right: "model \"Models/tiny\""
  )

  static let foreignComment = Explanation(
    "a comment that starts with `//`",
    "A comment starts with `#` and ends with its line.",
    wrong: "let cut = 6 // a quarter",
    right: "let cut = 6 # a quarter"
  )
}
