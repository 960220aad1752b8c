// What can be wrong with the words of a statement and their order.

extension Explanation {
  static let expectedEntry = Explanation(
    "a line that does not start with a word",
    """
    Every statement, clause and setting starts with a word, such as `prune`, `by` or `length`.
    """,
    wrong: "6 blocks",
    right: "remove 6"
  )

  static let settingOutsideBraces = Explanation(
    "a setting outside all braces",
    """
    A setting belongs to the plugin whose braces it is in. Outside braces, `let` gives a
    name to a value.
    """,
    wrong: "cut = 6",
    right: "let cut = 6"
  )

  static let expectedName = Explanation(
    "a `let` or `data` without a name",
    "Both define a name: `let NAME = value`, `data NAME = plugin`.",
    wrong: "let 6",
    right: "let cut = 6"
  )

  static let expectedEquals = Explanation(
    "a `let` or `data` without `=`",
    "An `=` separates the name from what it stands for.",
    wrong: "let cut 6",
    right: "let cut = 6"
  )

  static let expectedValue = Explanation(
    "something else where a value belongs",
    """
    A value is a number, a string, `true` or `false`, a word, a list or a variable. It starts on
    the line of its `=`.
    """,
    wrong: "let cut =",
    right: "let cut = 6"
  )

  static let expectedPlugin = Explanation(
    "a `data` without a plugin",
    "The `=` of `data` is followed by what reads the data, such as `text`, and then by its file.",
    wrong: "data heldout = \"Data/heldout.txt\"",
    right: "data heldout = text \"Data/heldout.txt\""
  )

  static let expectedDataset = Explanation(
    "an `on` without a data set",
    "`on` is followed by the name that `data NAME = …` defined, without quotes.",
    wrong: "evaluate perplexity on \"Data/heldout.txt\"",
    right: "evaluate perplexity on heldout"
  )

  static let unexpectedAfterDataset = Explanation(
    "something between the data set and the braces",
    "What a statement works with comes before `on`; only braces follow the data set.",
    wrong: "prune on calibration block { by ppl }",
    right: "prune block on calibration { by ppl }"
  )

  static let datasetNotAllowed = Explanation(
    "an `on` after `data`",
    "A `data` statement describes a data set; it does not work on another one.",
    wrong: "data heldout = text \"Data/heldout.txt\" on calibration",
    right: "data heldout = text \"Data/heldout.txt\""
  )

  static let bodyNotAllowed = Explanation(
    "braces after a plain value",
    """
    Braces hold settings and clauses of a statement or clause. A setting and a `let` have one
    value and nothing after it.
    """,
    wrong: "prune block { by = taylor { aggregate = sum_abs } }",
    right: "prune block { by taylor { aggregate = sum_abs } }"
  )

  static let settingAfterArguments = Explanation(
    "a `=` among the values of a statement",
    "Settings are in the braces after what they belong to.",
    wrong: "prune block { by magnitude p = 2 }",
    right: "prune block { by magnitude { p = 2 } }"
  )

  static let colonForEquals = Explanation(
    "a `:` where `=` belongs",
    "A setting is written `name = value`.",
    wrong: "prune block { by magnitude { p: 2 } }",
    right: "prune block { by magnitude { p = 2 } }"
  )

  static let punctuationAfterKeyword = Explanation(
    "an `=` or a `:` after the first word of a statement",
    """
    A statement is its first word, then what it works with. An `=` separates a setting from its
    value, and follows the name that `let` or `data` defines.
    """,
    wrong: "model = \"Models/tiny\"",
    right: "model \"Models/tiny\""
  )

  static let duplicateSetting = Explanation(
    "a setting that occurs twice in the same braces",
    "It is unclear which of the two is meant. Remove one.",
    wrong: "prune block { by magnitude { p = 1, p = 2 } }",
    right: "prune block { by magnitude { p = 2 } }"
  )
}
