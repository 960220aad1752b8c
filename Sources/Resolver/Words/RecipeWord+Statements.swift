import BillhookCore

extension RecipeWord {
  static let statements = [
    RecipeWord(
      .statement,
      "model",
      "Names the model that everything begins with.",
      forms: ["model \"DIRECTORY\" { … }", "model new \"config.json\" { seed = 1 }"],
      """
      It stands once, before everything that is done with the model. The directory is in the
      Hugging Face format, with `config.json` and safetensors. `new` begins with random weights.
      """,
      settings: ModelSettings.parameters.map { .init($0, of: ModelSettings()) },
      example: """
        model "Models/tiny" { compute = float32 }
        save "out/copy"
        """
    ),
    RecipeWord(
      .statement,
      "data",
      "Names data, and says how windows of tokens are cut from it.",
      forms: ["data NAME = SOURCE \"FILE\" { … }"],
      "`on NAME` uses it. The settings of its source stand in the same braces.",
      settings: WindowSettings.parameters.map { .init($0, of: WindowSettings()) },
      example: """
        model "Models/tiny"
        data heldout = text "Data/heldout.txt" { length = 128 }
        evaluate perplexity on heldout
        """
    ),
    RecipeWord(
      .statement,
      "let",
      "Gives a name to a value.",
      forms: ["let NAME = VALUE"],
      """
      `$NAME` stands for the value wherever a value or a plugin's name may stand, and inside
      strings. `billhook run --let NAME=VALUE` replaces it.
      """,
      example: """
        let cut = 3
        model "Models/tiny"
        prune block { by magnitude, remove $cut }
        save "out/minus-$cut"
        """
    ),
    RecipeWord(
      .statement,
      "score",
      "Scores units and removes none.",
      forms: ["score UNIT on DATA { by CRITERION }"],
      """
      The scores are written as CSV into the run's folder. There may be several `by`, and several
      units in a list.
      """,
      example: """
        model "Models/tiny"
        score block { by magnitude, by magnitude { p = 2 } }
        """
    ),
    RecipeWord(
      .statement,
      "prune",
      "Removes the least important units, or units that are named.",
      forms: [
        "prune UNIT on DATA { by CRITERION, remove AMOUNT, keep … }",
        "prune [UNIT, UNIT] on DATA { … }", "prune UNIT { remove [NUMBERS] }",
      ],
      """
      Its clauses are `by`, `remove` or `down to`, `keep`, `allocate`, `search`, `refine`, `repair` and
      `rescore`, and `gradual` with `recover`, which train while units go. Settings in its braces belong to
      its units.
      """,
      example: """
        model "Models/tiny"
        prune block { by magnitude, remove 3, keep first 1 last 1 }
        save "out/small"
        """
    ),
    RecipeWord(
      .statement,
      "quantise",
      "Stores weights in codes of a few bits.",
      forms: [
        "quantise weight on DATA { by QUANTISER, to = int4, group = 128, keep … }"
      ],
      """
      It comes last: nothing changes the weights afterwards. What the model computes from there on is what
      the saved codes stand for, zeros of a sparse model included. `save` writes the layout of GPTQ, which
      transformers (with GPTQModel) and vLLM load, and which is opened again here. `group` and 32 have to
      divide the inputs of each projection, and 8 its outputs; where scores decide widths, `check` says
      what would make sure of it.
      """,
      settings: QuantisingSettings.parameters.map { .init($0, of: QuantisingSettings()) },
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { windows = random, samples = 16, length = 64 }
        prune block { by magnitude, remove 3 }
        quantise weight on words { by gptq, to = int4, group = 32 }
        save "out/small"
        """
    ),
    RecipeWord(
      .statement,
      "recover",
      "Trains the model as it stands.",
      forms: [
        "recover RECOVERY on DATA { … }",
        "prune UNIT on DATA { …, gradual …, recover RECOVERY { … } }",
      ],
      """
      Later statements use the trained model. As a clause of `prune`, beside `gradual`, it trains while
      units go.
      """,
      example: """
        model "Models/tiny"
        data words = text "Data/train.txt" { length = 64 }
        prune block { by magnitude, remove 3 }
        recover lora on words { steps = 3, batch = 4 }
        save "out/healed"
        """
    ),
    RecipeWord(
      .statement,
      "evaluate",
      "Measures the model as it stands, for the table at the end.",
      forms: ["evaluate EVALUATION on DATA { … }", "evaluate EVALUATION { … }"],
      "`always { evaluate … }` measures after every `prune`, `quantise` and `recover` as well.",
      example: """
        model "Models/tiny"
        data heldout = text "Data/heldout.txt" { length = 128 }
        evaluate perplexity on heldout
        """
    ),
    RecipeWord(
      .statement,
      "save",
      "Writes the model as it stands into a new directory.",
      forms: ["save \"DIRECTORY\" { … }", "save FORMAT \"DIRECTORY\" { … }"],
      """
      What was written is opened again and compared. The format's own settings stand in the same
      braces: `billhook explain huggingface`.
      """,
      settings: SaveSettings.parameters.map { .init($0, of: SaveSettings()) },
      example: """
        model "Models/tiny"
        prune block { by magnitude, remove 3 }
        save "out/small" { dtype = bfloat16 }
        """
    ),
    RecipeWord(
      .statement,
      "always",
      "Measures here, and after every later `prune`, `quantise` and `recover`.",
      forms: ["always { evaluate … }"],
      example: """
        model "Models/tiny"
        data heldout = text "Data/heldout.txt" { length = 128 }
        always { evaluate perplexity on heldout }
        prune block { by magnitude, remove 3 }
        """
    ),
    RecipeWord(
      .statement,
      "repeat",
      "Runs statements a number of times, going on with the same model.",
      forms: ["repeat NUMBER { … }"],
      example: """
        model "Models/tiny"
        repeat 2 { prune block { by magnitude, remove 2 } }
        save "out/small"
        """
    ),
    RecipeWord(
      .statement,
      "branch",
      "Runs statements on the model as it stands, then goes back to it.",
      forms: ["branch \"NAME\" { … }"],
      "A branch that fails is reported, and the others go on.",
      example: """
        model "Models/tiny"
        branch "small" {
          prune block { by magnitude, remove 3 }
          save "out/small"
        }
        """
    ),
    RecipeWord(
      .statement,
      "each",
      "A branch for each value of a list.",
      forms: ["each NAME in [VALUES] { … }"],
      "`$NAME` is the value. Loops inside loops run every combination.",
      example: """
        model "Models/tiny"
        each cut in [2, 4] {
          prune block { by magnitude, remove $cut }
          save "out/minus-$cut"
        }
        """
    ),
  ]
}
