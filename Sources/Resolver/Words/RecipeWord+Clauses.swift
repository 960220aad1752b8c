import BillhookCore

extension RecipeWord {
  static let clauses = [
    RecipeWord(
      .clause,
      "by",
      "Names the criterion that scores units, or what quantises.",
      forms: ["by CRITERION { … }", "by CRITERION+", "by CRITERION on DATA", "by QUANTISER { … }"],
      """
      Units with the lowest scores go. `NAME+` is `NAME` with `keep first 4 last 2`. Where `remove`
      names the units, no criterion is needed, and nothing is computed.
      """,
      example: """
        model "Models/tiny"
        prune block { by magnitude { p = 2 }, remove 3 }
        save "out/small"
        """
    ),
    RecipeWord(
      .clause,
      "remove",
      "Says how much goes, or which units.",
      forms: [
        "remove 6                  six units",
        "remove 20%                the nearest whole number of units, halves up",
        "remove 20% of parameters  units with about a fifth of all parameters",
        "remove 30% of memory { context = 4096 }",
        "remove [10, 13, 24..27]   exactly these",
      ],
      """
      Percentages and numbers mean the model as it was opened. Several kinds of units share a budget
      of parameters; with a percentage, each kind loses its share.
      """,
      example: """
        model "Models/tiny"
        prune block { remove [4..6] }
        save "out/small"
        """
    ),
    RecipeWord(
      .clause,
      "down",
      "Says how much is left.",
      forms: [
        "down to 26                all but 26 units",
        "down to 5.5B parameters   as many units as come nearest to that size",
        "down to 4GB { context = 4096, batch = 1 }",
      ],
      """
      `K`, `M` and `B` are thousands, millions and billions. Memory is that of the weights as they are
      stored and of the keys and values of `context` tokens in `batch` texts; it is never exceeded.
      """,
      example: """
        model "Models/tiny"
        prune block { by magnitude, down to 9 }
        save "out/small"
        """
    ),
    RecipeWord(
      .clause,
      "keep",
      "Names blocks from which nothing goes, whatever the unit.",
      forms: [
        "keep first 4 last 2       the first four and the last two blocks",
        "keep [3, 7..9]            the blocks with these numbers",
        "keep none                 no blocks, and the `+` of a criterion is ignored",
      ],
      "Several `keep` add up. Numbers mean the model as it was opened.",
      example: """
        model "Models/tiny"
        prune block { by magnitude, remove 3, keep first 2 last 1 }
        save "out/small"
        """
    ),
    RecipeWord(
      .clause,
      "allocate",
      "Says from which blocks the amount is taken.",
      forms: ["allocate ALLOCATION { … }"],
      """
      Without it, blocks and sub-layers are ranked over the whole model (`global`), and heads and
      channels lose the same share in every block (`uniform`).
      """,
      example: """
        model "Models/tiny"
        prune mlp_channel { by magnitude, remove 25%, allocate global }
        save "out/small" { architecture = custom }
        """
    ),
    RecipeWord(
      .clause,
      "search",
      "Searches which units go, from what the scores would remove.",
      forms: [
        "search SEARCH on DATA { … }",
        "search SEARCH { …, evaluate EVALUATION on DATA { … } }",
      ],
      """
      Candidates are compared by their loss on the data, or by the main metric of an evaluation, and the
      best is cut; what scores alone would remove is one of them. A percentage is one of each kind over the
      whole model.
      """,
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 4, length = 64 }
        prune block on words { by magnitude, remove 3, search evolution { generations = 2 } }
        save "out/small"
        """
    ),
    RecipeWord(
      .clause,
      "refine",
      "Improves masks of single weights: some come back, and as many others go.",
      forms: ["refine REFINER on DATA { … }"],
      "It comes after the criterion has chosen a mask, and before a `repair`.",
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 4, length = 64 }
        prune weight on words { by wanda, remove 50%, refine dsnot }
        save "out/sparse"
        """
    ),
    RecipeWord(
      .clause,
      "repair",
      "Adjusts what stays after a cut, from what was measured before it.",
      forms: ["repair REPAIR on DATA { … }"],
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 4, length = 64 }
        prune mlp_channel on words { by flap, remove 25%, repair bias_compensation }
        save "out/small" { architecture = custom }
        """
    ),
    RecipeWord(
      .clause,
      "rescore",
      "Removes in rounds, with new scores after a number of units.",
      forms: ["rescore every NUMBER"],
      "The total that goes is the same as without it.",
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 4, length = 64 }
        prune block on words { by ppl, remove 3, rescore every 1 }
        save "out/small"
        """
    ),
    RecipeWord(
      .clause,
      "gradual",
      "Lets units go little by little while the model is trained.",
      forms: ["gradual CURVE { … }, recover RECOVERY { … }"],
      """
      It needs a `recover` in the same braces, and a criterion that scores in a training:
      `lora_taylor` with `recover lora`, `magnitude` with any, `taylor` with `recover cpt` and
      `distill`. `CURVE` is `cubic`, fast in the beginning, or `linear`. In each step the scores are
      brought up to date; after every so many steps the least important units are switched off, and
      stay so. Where the warm-up ends nothing is gone, where the cool-down begins everything is.
      After the training they are cut out.
      """,
      settings: PruningSchedule.parameters.map { .init($0, of: PruningSchedule()) },
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 64, length = 64 }
        prune mlp_channel on words {
          by      lora_taylor
          remove  25%
          gradual cubic { every = 5 }
          recover lora { steps = 30, batch = 4 }
        }
        save "out/small"
        """
    ),
  ]

  static let parts = [
    RecipeWord(
      .part,
      "on",
      "Names the data that something is computed on.",
      forms: ["prune UNIT on DATA { … }", "by CRITERION on DATA", "evaluate EVALUATION on DATA"],
      "After a `prune` or `score` it applies to all clauses; a clause may name other data.",
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 4, length = 64 }
        prune block on words { by ppl, remove 3 }
        save "out/small"
        """
    )
  ]
}
