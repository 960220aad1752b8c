// What can be wrong with the characters of a recipe, before they make words and values.

extension Explanation {
  static let sourceTooLarge = Explanation(
    "the recipe is larger than a recipe may be",
    """
    A recipe has a million bytes at most. Something this large is usually not a recipe: data and
    lists of scores belong in files of their own, which the recipe names.
    """,
    noExampleBecause: "it would have a million bytes"
  )

  static let invalidUTF8 = Explanation(
    "the file is not UTF-8",
    """
    Recipes are text in UTF-8. The file is in another encoding, such as Latin-1, or is no text.
    Let your editor save it as UTF-8.
    """,
    noExampleBecause: "such bytes cannot be printed"
  )

  static let controlCharacter = Explanation(
    "a control character",
    """
    Characters that are not seen, or that change the order of those that are, would make a
    recipe mean something else than it shows. They come in by copying; delete them. Besides line
    ends, only tabs are permitted.
    """,
    wrong: "model \"Models/\u{7}tiny\"",
    right: "model \"Models/tiny\""
  )

  static let strayCharacter = Explanation(
    "a character that starts nothing",
    """
    Words have the letters a to z, digits, `_`, `+` and `-`, and everything else that is text
    stands in double quotes. There are no parentheses, and no `;` ends a statement.
    """,
    wrong: "let cut = (6)",
    right: "let cut = 6"
  )

  static let unquotedText = Explanation(
    "a text that needs quotes",
    """
    Paths, names of files and everything else with a `.`, `/`, `:` or `~` in it stand in double
    quotes.
    """,
    wrong: "model Models/tiny",
    right: "model \"Models/tiny\""
  )

  static let foreignQuotes = Explanation(
    "quotes other than `\"`",
    """
    Strings stand in straight double quotes. Single quotes belong to other languages, curly ones
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
