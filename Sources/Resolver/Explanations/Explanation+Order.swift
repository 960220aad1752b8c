import BillhookRecipe

// What is missing, misplaced, or there twice.

extension Explanation {
  static let missingClause = Explanation(
    "a clause that its statement cannot do without",
    """
    `prune` needs an amount, `remove` or `down to`, and a criterion, `by`, unless the amount names the
    units; `score` needs `by`, and `always` something to measure, `evaluate`.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let misplacedClause = Explanation(
    "a clause where only settings may stand",
    """
    The braces after a plugin's name hold its settings, `name = value`. Clauses of `prune` stand
    in the braces of `prune` itself.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude { p 2 }, remove 3 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude { p = 2 }, remove 3 }
      save "out/small"
      """
  )

  static let misplacedStatement = Explanation(
    "a statement inside braces that may only stand outside of them",
    """
    A recipe works on one model, which is opened once. Inside `repeat`, `branch` and `each` the
    model as it stands is pruned, measured and saved.
    """,
    wrong: """
      model "Models/tiny"
      branch "smaller" {
        model "Models/tiny"
        prune block { by magnitude, remove 3 }
      }
      """,
    right: """
      model "Models/tiny"
      branch "smaller" {
        prune block { by magnitude, remove 3 }
        save "out/small"
      }
      """
  )

  static let misplacedData = Explanation(
    "an `on` after something that uses no data",
    """
    `on` names the data that something is computed on. Some criteria need none, such as those
    that look at weights only.
    """,
    wrong: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt"
      save "out/small" on heldout
      """,
    right: """
      model "Models/tiny"
      save "out/small"
      """
  )

  static let noData = Explanation(
    "something that uses data, without `on`",
    """
    The name of a data set follows `on`. The one after a `prune` or `score` applies to all of its
    clauses.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by ppl, remove 3 }
      """,
    right: """
      model "Models/tiny"
      data calibration = text "Data/train.txt" { samples = 10, length = 128 }
      prune block on calibration { by ppl, remove 3 }
      save "out/small"
      """
  )

  static let repeated = Explanation(
    "something that may stand only once, and stands twice",
    """
    A recipe has one model, a `prune` one criterion and one amount, and a name or a path to save
    to is given once. The message shows the first.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude, remove 3, down to 9 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, down to 9 }
      save "out/small"
      """
  )

  static let noModel = Explanation(
    "a recipe without a model",
    "`model` names the directory of the model that everything begins with.",
    wrong: "prune block { by magnitude, remove 3 }",
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let lateModel = Explanation(
    "a model that is named after what is done with it",
    "A recipe is read from top to bottom: `model` stands before every step.",
    wrong: """
      prune block { by magnitude, remove 3 }
      model "Models/tiny"
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 3 }
      save "out/small"
      """
  )

  static let unsuitable = Explanation(
    "a criterion or a repair that does not support the units",
    """
    Some criteria measure what only some units have: the hidden states around whole blocks and
    sub-layers, or the inputs of a projection, which belong to heads and channels. `ppl` runs the
    data once for each unit, so it is not for channels. `billhook explain NAME` tells what a
    criterion measures.
    """,
    wrong: """
      model "Models/tiny"
      data words = text "Data/train.txt" { length = 64, samples = 2, windows = random, bos = none }
      prune block on words { by flap, remove 3 }
      """,
    right: """
      model "Models/tiny"
      data words = text "Data/train.txt" { length = 64, samples = 2, windows = random, bos = none }
      prune attention_head on words { by flap, remove 25% }
      save "out/small"
      """
  )
}
