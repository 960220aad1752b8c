import BillhookRecipe

// Names that mean nothing where they stand.

extension Explanation {
  static let unknownStatement = Explanation(
    "a statement that begins with an unknown word",
    """
    The first word of a line says what is done: `prune`, `evaluate`, `save` and so on. Clauses,
    such as `by` and `remove`, stand in the braces of a statement.
    """,
    wrong: """
      model "Models/tiny"
      prunee block { by magnitude, remove 3 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let unknownPlugin = Explanation(
    "a name that no plugin of this kind has",
    """
    `billhook explain` lists the plugins by their kinds. A name of another kind is unknown here:
    `prune` names a unit, `by` a criterion.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitud, remove 3 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let unknownSetting = Explanation(
    "a setting that its owner does not have",
    """
    A setting belongs to the plugin in whose braces it stands. `billhook explain NAME` lists the
    settings of a plugin.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude { power = 2 }, remove 3 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude { p = 2 }, remove 3 }
      save "out/small"
      """
  )

  static let unknownVariable = Explanation(
    "a variable that is not defined before its use",
    "A recipe is read from top to bottom, so a `let` stands before the `$name` that uses it.",
    wrong: """
      model "Models/tiny"
      prune block { by magnitude, remove $cut }
      """,
    right: """
      let cut = 3
      model "Models/tiny"
      prune block { by magnitude, remove $cut }
      save "out/small"
      """
  )

  static let unknownData = Explanation(
    "a data set that is not defined before its use",
    "The name after `on` is one that a `data NAME = …` further up defines.",
    wrong: """
      model "Models/tiny"
      evaluate perplexity on heldout
      """,
    right: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128 }
      evaluate perplexity on heldout
      """
  )

  static let unknownClause = Explanation(
    "a clause that its statement does not have",
    """
    `prune` has the clauses `by`, `remove`, `down`, `keep`, `allocate`, `search`, `refine`, `repair`,
    `rescore`, `gradual` and `recover`; `score` has `by`, and `quantise` has `by` and `keep`. Other
    statements, such as `evaluate`, stand outside of their braces.
    """,
    wrong: """
      model "Models/tiny"
      score block { by magnitude, remove 3 }
      """,
    right: """
      model "Models/tiny"
      score block { by magnitude }
      """
  )

  static let unused = Explanation(
    "a definition that nothing uses",
    """
    The recipe runs all the same. Perhaps a name is misspelt where it was to be used, or a
    statement was removed and its data were forgotten.
    """,
    wrong: """
      let cut = 3
      model "Models/tiny"
      prune block { by magnitude, remove 6 }
      save "out/small"
      """,
    right: """
      let cut = 3
      model "Models/tiny"
      prune block { by magnitude, remove $cut }
      save "out/small"
      """
  )
}
