import BillhookRecipe

// Recipes that run all the same, but hardly do what was meant.

extension Explanation {
  static let unexpectedAmount = Explanation(
    "an amount that could not be met as asked, or in a way that may surprise",
    """
    The recipe runs all the same. A block would have to lose more than may go, so that others lose
    more in its place; or the model is already as near to the size that was asked for as it can
    get.
    """,
    wrong: """
      model "Models/tiny"
      prune mlp_channel {
        by magnitude
        remove 20%
        allocate per_block [1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 1]
      }
      save "out/thin" { architecture = custom }
      """,
    right: """
      model "Models/tiny"
      prune mlp_channel {
        by magnitude
        remove 20%
        allocate per_block [1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1]
      }
      save "out/thin" { architecture = custom }
      """
  )

  static let lostResult = Explanation(
    "a changed model that nothing measures or saves",
    """
    The recipe runs all the same, and what it computes is kept, but nothing shows the model that
    comes of it. `evaluate` measures the model as it stands, `save` writes it, and `always`
    measures after every change. After a `branch` the model from before it is the current one
    again.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let repeatedMeasurement = Explanation(
    "a measurement that was made already",
    """
    Nothing changed the model between the two, so the second tells nothing new, and is not computed
    again. `always` measures here and after every `prune` and `recover`, so no other `evaluate` of
    the same is needed there.
    """,
    wrong: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128 }
      always { evaluate perplexity on heldout }
      prune block { by magnitude, remove 3 }
      evaluate perplexity on heldout
      """,
    right: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128 }
      always { evaluate perplexity on heldout }
      prune block { by magnitude, remove 3 }
      """
  )
}
