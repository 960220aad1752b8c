extension PluginMistake {
  /// A recipe in which a plugin goes wrong, and what has to be said of it.
  struct Case: Sendable, CustomStringConvertible {
    let recipe: String
    let message: String
    let stage: String
    var description: String { recipe }

    init(_ recipe: String, _ message: String, _ stage: String) {
      self.recipe = recipe
      self.message = message
      self.stage = stage
    }
  }

  /// Every place where a plugin is asked for something while a recipe runs.
  static let cases = [
    Case(
      "prune block { by faulty_scores { fault = count }, remove 1 }",
      "criterion `faulty_scores { fault = count }` gave 3 scores for 4 units",
      "scores by faulty_scores { fault = count }"
    ),
    Case(
      "prune block { by faulty_scores { fault = nan }, remove 1 }",
      "criterion `faulty_scores { fault = nan }` gave the score nan to block 2",
      "scores by faulty_scores { fault = nan }"
    ),
    Case(
      "score block { by faulty_scores { fault = error } }",
      "criterion `faulty_scores { fault = error }`: it broke",
      "scores by faulty_scores { fault = error }"
    ),
    Case(
      "prune mlp { by faulty_saliency { fault = error }, remove 1 }",
      "criterion `faulty_saliency { fault = error }`, block 2 down: it broke",
      "evidence for faulty_saliency { fault = error }"
    ),
    Case(
      "prune mlp { by faulty_saliency { fault = nan }, remove 1 }",
      "criterion `faulty_saliency { fault = nan }` gave the score nan to mlp 2",
      "scores by faulty_saliency { fault = nan }"
    ),
    Case(
      "prune mlp_channel { by faulty_saliency { fault = shape }, remove 25% }",
      "criterion `faulty_saliency { fault = shape }` gave values of the shape [56, 32] for "
        + "block 2 down, where [32, 56] was expected",
      "evidence for faulty_saliency { fault = shape }"
    ),
    Case(
      "prune block { by faulty_saliency { fault = count }, remove 1 }",
      "criterion `faulty_saliency { fault = count }` gave values of the shape [56] for "
        + "block 2 down, where [32, 56] was expected",
      "evidence for faulty_saliency { fault = count }"
    ),
    Case(
      "prune block on windows { by asking, remove 1 }",
      "evidence `faulty_evidence`, block 0: it broke",
      "evidence for asking { declares = true }"
    ),
    Case(
      "prune block on windows { by asking { declares = false }, remove 1 }",
      "criterion `asking { declares = false }`: evidence `faulty_evidence` was not gathered; a "
        + "criterion lists it in `evidence`",
      "scores by asking { declares = false }"
    ),
    Case(
      "prune mlp_channel on windows { by magnitude, remove 25%, repair faulty_repair { "
        + "fault = shape } }",
      "repair `faulty_repair { fault = shape }`, block 0 down: gave a bias of the shape [33], "
        + "where [32] was expected",
      "repair faulty_repair { fault = shape }"
    ),
    Case(
      "prune attention_head on windows { by magnitude, remove [2, 5], repair faulty_repair { "
        + "fault = nan } }",
      "repair `faulty_repair { fault = nan }`, block 1 output: gave a bias with values that are not "
        + "finite",
      "repair faulty_repair { fault = nan }"
    ),
    Case(
      "recover faulty_recovery on windows { fault = error }",
      "recovery `faulty_recovery { fault = error }`: it broke",
      "recover faulty_recovery { fault = error }"
    ),
    Case(
      "recover faulty_recovery on windows { fault = nan }",
      "recovery `faulty_recovery { fault = nan }`: gave the weight block 1 down values that are not "
        + "finite in float32, its type",
      "recover faulty_recovery { fault = nan }"
    ),
    Case(
      "recover faulty_recovery on windows { fault = shape }",
      "recovery `faulty_recovery { fault = shape }`: gave a model with other weights or shapes than "
        + "it was given",
      "recover faulty_recovery { fault = shape }"
    ),
    Case(
      "evaluate throwing on windows",
      "evaluation `throwing`: it broke",
      "evaluate throwing on windows"
    ),
    Case("save throwing \"out\"", "format `throwing`: it broke", "save out"),
  ]
}
