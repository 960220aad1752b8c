import BillhookRecipe

// Where a recipe conflicts with the model, the disk or the run.

extension Explanation {
  static let unusableModel = Explanation(
    "a model that cannot be opened",
    """
    The message names the file and the key in it. A model is a Hugging Face directory with
    `config.json` and safetensors; text also needs its `tokenizer.json`. Whatever a model asks for
    that Billhook does not know is refused: nothing is guessed.
    """,
    wrong: """
      model "Models/none"
      save "out/small"
      """,
    right: """
      model "Models/tiny"
      save "out/small"
      """
  )

  static let impossibleAmount = Explanation(
    "an amount that the model cannot give",
    """
    The recipe removes more than there is, or than `keep`, `+` and the allocation leave, or a
    block that is gone already; or a share comes to nothing, because a single unit is more than
    twice as much. Percentages and block numbers always mean the model as it was opened.
    """,
    wrong: """
      model "Models/tiny"
      prune block { by magnitude+, remove 9 }
      """,
    right: """
      model "Models/tiny"
      prune block { by magnitude, remove 9 }
      save "out/small"
      """
  )

  static let unusableTarget = Explanation(
    "a path that nothing can be saved to",
    """
    A directory that Billhook did not write is never replaced, and one that it wrote only with
    `overwrite = true`, as long as it holds just what was saved there: files that somebody added
    or changed are named, and have to be moved away first. Nothing is saved over what the recipe
    reads, inside it or around it, nor inside another directory that the recipe saves; and the
    folder that the directory is made in must be writable.
    """,
    wrong: """
      model "Models/tiny"
      save "Data"
      """,
    right: """
      model "Models/tiny"
      save "out/small"
      """
  )

  static let unusableShape = Explanation(
    "a shape that the format of a `save` cannot hold",
    """
    A configuration names one number of heads and one width for all blocks, and some families
    demand more of them. `allocate uniform` keeps blocks alike. `architecture = custom` writes widths
    for each block, with code that transformers runs only with `trust_remote_code`;
    `architecture = mistral` is for a Llama whose heads do not divide its hidden size.
    """,
    wrong: """
      model "Models/tiny"
      prune mlp { by magnitude, remove 2 }
      save "out/thin"
      """,
    right: """
      model "Models/tiny"
      prune mlp { by magnitude, remove 2 }
      save "out/thin" { architecture = custom }
      """
  )

  static let failedStep = Explanation(
    "a statement that failed while it ran",
    """
    What could be known beforehand was right, and then something went wrong: a file that changed, a
    large one that gives fewer windows than `samples` asks for, a block that scores removed before it
    is trained, a score that is not a number, a full disk. What was finished before is in the run's
    folder.
    """,
    wrong: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128, samples = 2 }
      prune block { by magnitude, remove 2 }
      recover cpt on heldout { steps = 1, train = [1] }
      evaluate perplexity on heldout
      """,
    right: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128, samples = 2 }
      prune block { by magnitude, remove 2 }
      recover cpt on heldout { steps = 1, train = [last 2] }
      evaluate perplexity on heldout
      """
  )

  static let beyondPositions = Explanation(
    "windows that are longer than the model was made for",
    """
    The recipe runs all the same, but a model predicts little of use in sequences that are longer
    than those that it was trained on. Choose a smaller `length`.
    """,
    wrong: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 512 }
      evaluate perplexity on heldout
      """,
    right: """
      model "Models/tiny"
      data heldout = text "Data/heldout.txt" { length = 128 }
      evaluate perplexity on heldout
      """
  )

  static let beyondDisk = Explanation(
    "more to write than a disk has room for",
    """
    The recipe runs all the same, and stops where the disk is full; what was finished stays, and
    the next run goes on there once there is room. Counted are saved models, in addition to what
    they replace, trained weights with their checkpoints, and hidden states that wait on disk.
    Save fewer models, or in a shorter type, or to another disk; `--work DIR` puts what is
    computed on another one.
    """,
    wrong: """
      model "Models/tiny"
      each cut in [1..9] {
        prune block { by magnitude, remove $cut }
        save "out/minus-$cut" { dtype = float32 }
      }
      """,
    right: """
      model "Models/tiny"
      each cut in [1..9] {
        prune block { by magnitude, remove $cut }
        save "out/minus-$cut"
      }
      """
  )

  static let beyondMemory = Explanation(
    "a statement that takes more memory than the machine has",
    """
    The recipe runs all the same, and the system may end it when the memory is used up. A training
    holds what gradients need of one micro-batch: fewer windows in `micro_batch`, a smaller `length`
    or `activations = recompute` need less, and give the same model. Scoring and evaluating put on
    disk what does not fit, so of them only single blocks and windows can be too large.
    `billhook check` shows what each statement takes, and `--memory 4GB` sets a limit to keep to.
    """,
    wrong: """
      model "Models/tiny"
      data words = text "Data/train.txt" { length = 256 }
      recover cpt on words { batch = 100_000, micro_batch = 100_000 }
      save "out/trained"
      """,
    right: """
      model "Models/tiny"
      data words = text "Data/train.txt" { length = 256 }
      recover cpt on words { batch = 100_000, micro_batch = 10 }
      save "out/trained"
      """
  )
}
