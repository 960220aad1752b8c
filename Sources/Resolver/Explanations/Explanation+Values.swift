import BillhookRecipe

// Values that do not suit what they follow.

extension Explanation {
  static let wrongValue = Explanation(
    "a value of another type, or out of range",
    """
    The message says what the setting expects. `billhook explain NAME` shows the range and the
    default of every setting of a plugin. Words stand without quotes, strings with quotes, and a
    setting that is to have no value is left out.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude { p = 3 }, remove 3 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude { p = 2 }, remove 3 }
      save "out/small"
      """
  )

  static let wrongArguments = Explanation(
    "values that the word before them does not take",
    """
    A statement, a clause or the name of a plugin is followed by the values that it needs, in
    their order, and by no others. Further clauses are separated by commas or line ends.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 blocks }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let inconsistent = Explanation(
    "settings or clauses that contradict each other",
    """
    Each would be right alone; together they cannot be met. The message names the other one, or
    what is missing.
    """,
    wrong: """
      model "Models/tiny"
      data words = text "Data/heldout.txt" { windows = random, length = 64 }
      evaluate perplexity on words
      """,
    right: """
      model "Models/tiny"
      data words = text "Data/heldout.txt" { windows = random, length = 64, samples = 10 }
      evaluate perplexity on words
      """
  )

  static let tooLarge = Explanation(
    "a value that grows beyond the limit",
    """
    Variables in variables double a value quickly. Written out, a value has a hundred thousand
    elements and characters at most, and 64 lists inside each other. Loops in loops do the same
    to steps, of which a recipe has ten thousand at most.
    """,
    wrong: """
      let some = [0..9999]
      let many = [$some, $some, $some, $some, $some, $some, $some, $some, $some, $some]
      model "Models/tiny"
      prune block { by magnitude, remove $many }
      """,
    right: """
      let some = [0..2]
      model "Models/tiny"
      prune block { by magnitude, remove $some }
      save "out/small"
      """
  )

  static let missingFile = Explanation(
    "a file that is not there",
    """
    Paths start from the folder of the recipe, wherever it is run from. `~` has no meaning. Where
    a file is expected, a directory is reported as well.
    """,
    wrong: """
      model "Models/tiny"
      data heldout = text "heldout.txt" { length = 128 }
      evaluate perplexity on heldout
      """,
    right: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128 }
      evaluate perplexity on heldout
      """
  )
}
