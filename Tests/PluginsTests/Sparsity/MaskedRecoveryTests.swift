import BillhookModels
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookPlugins
@testable import BillhookResolver
import TestSupport
import Testing

/// Recipes that train sparse models: what `check` says of them, and what they leave.
@Suite struct MaskedRecoveryTests {
  private static let data = """
    data words = text "\(Fixture.repository)/Examples/Data/train.txt" {
      length = 32, samples = 16, bos = none
    }

    """

  private func resolution(
    _ text: String,
    of model: String? = nil,
    in folder: String
  ) throws -> (plan: Plan?, diagnostics: [Diagnostic]) {
    let model = "model \(model ?? "\"\(Fixture.tinyModel)\"")\n"
    let parsed = Recipe.parse(SourceText(name: "test.recipe", text: model + Self.data + text))
    let registry = try Registry(BuiltinPlugins.all)
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    return (resolved.plan, parsed.diagnostics + resolved.diagnostics)
  }

  private func run(_ text: String, of model: String? = nil, in folder: String) throws -> Report {
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let context = RunContext(scratch: runs.scratch)
    let resolved = try resolution(text, of: model, in: folder)
    let plan = try #require(resolved.plan, "\(resolved.diagnostics)")
    return try Pipeline(plan, context, work, runs, build: "test").run()
  }

  private func errors(_ text: String) throws -> [String] {
    try Fixture.withFolder { folder in
      let resolved = try resolution(text + "\nevaluate perplexity on words", in: folder)
      let checked = resolved.plan.map { PlanCheck.diagnostics(of: $0, memory: nil) } ?? []
      return (resolved.diagnostics + checked).filter { $0.severity == .error }.map(\.message)
    }
  }

  static let recoveries = [
    "cpt on words { steps = 2, batch = 8, learning_rate = 1e-3, weight_decay = 0.5 }",
    "distill on words { steps = 2, batch = 8, learning_rate = 1e-3, hidden = 0.1, clip = 0.1 }",
    "lora on words { steps = 2, batch = 8, learning_rate = 1e-2 }",
    "lora on words { steps = 2, batch = 8, learning_rate = 1e-2, targets = [query, down] }",
  ]

  /// Saved, opened again and compared: the same zeros, and the same perplexity to the bit.
  @Test(arguments: recoveries) func zerosAreThoseOfThePruning(recovery: String) throws {
    try Fixture.withFolder { folder in
      let report = try run(
        """
        prune weight { by magnitude, remove 50%, keep first 1 }
        save "sparse"
        recover \(recovery)
        evaluate perplexity on words
        save "trained"
        """,
        in: folder
      )
      let (sparse, trained) = try (
        LanguageModel(opening: "\(folder)/sparse"), LanguageModel(opening: "\(folder)/trained")
      )
      let masked = try sparse.maskedProjections()
      #expect(masked.count == 7 * 11)
      #expect(try trained.maskedCounts() == sparse.maskedCounts())
      var changed = 0
      for id in masked {
        let mask = try #require(try sparse.weights.mask(id))
        let (before, after) = try (sparse.weights.stored(id), trained.weights.stored(id))
        #expect(try after.hasSameBytes(as: after.keeping(mask)), "\(id)")
        changed += try after.hasSameBytes(as: before) ? 0 : 1
      }
      #expect(changed == (recovery.contains("targets") ? 22 : 77))
      let saved = try run("evaluate perplexity on words", of: "\"trained\"", in: folder)
      let values = (report.rows + saved.rows).map { $0.metrics[0].value }
      #expect(values.count == 2 && values[0] == values[1])
    }
  }

  /// A training of a saved sparse model goes on from its masks.
  @Test func aSavedSparseModelIsTrainedSparse() throws {
    try Fixture.withFolder { folder in
      _ = try run(
        "prune weight { by magnitude, pattern = 2:4 }\nsave \"Sparse\"",
        in: folder
      )
      let sparse = try LanguageModel(opening: "\(folder)/Sparse")
      for name in ["cpt", "lora"] {
        let recovery: any Recovery =
          name == "cpt" ? short(ContinuedPretraining()) : short(LoRA())
        let context = RecoveryContext(
          run: .testing(scratch: folder),
          opened: sparse,
          folder: "\(folder)/\(name)"
        )
        let tokens = try TrainingCurve("cpt-tiny").tokens
        let trained = try recovery.train(sparse, on: tokens, context)
        for id in try sparse.maskedProjections() {
          let mask = try #require(try sparse.weights.mask(id))
          let after = try trained.weights.stored(id)
          #expect(try after.hasSameBytes(as: after.keeping(mask)), "\(id)")
        }
      }
    }
  }

  private func short(_ recovery: ContinuedPretraining) -> ContinuedPretraining {
    var recovery = recovery
    recovery.training.steps = 2
    recovery.training.batch = 2
    return recovery
  }

  private func short(_ recovery: LoRA) -> LoRA {
    var recovery = recovery
    recovery.training.steps = 2
    recovery.training.batch = 2
    return recovery
  }

  // MARK: Adapters apart

  /// What is measured is the sparse model with the adapter, as PEFT would have it.
  @Test func anAdapterThatStaysApart() throws {
    try Fixture.withFolder { folder in
      let report = try run(
        """
        prune weight { by magnitude, remove 50% }
        save "sparse"
        branch "apart" {
          recover lora on words {
            steps = 2, batch = 8, learning_rate = 1e-2, merge = none, adapter = "adapter"
          }
          evaluate perplexity on words
        }
        evaluate perplexity on words
        """,
        in: folder
      )
      try #require(report.rows.count == 2)
      #expect(report.rows[0].metrics != report.rows[1].metrics)
      // Without its masks, the saved model takes the adapter as PEFT would, and measures the same.
      try FileSystem.remove("\(folder)/sparse/billhook.masks")
      let filled = try run(
        "evaluate perplexity on words",
        of: "\"sparse\" { adapter = \"adapter\" }",
        in: folder
      )
      let values = (report.rows + filled.rows).map { $0.metrics[0].value }
      #expect(abs(values[2] - values[0]) < 1e-4 * values[0], "\(values)")
    }
  }

  // MARK: check

  private static let sparse = "prune weight { by magnitude, remove 50%, keep first 1 }\n"

  @Test(arguments: [
    ("dropout = 0.1", "0.1 of a sparse model: a masked update has no input of its own"),
    ("adapter = \"a\"", "the updates of a sparse model are masked when they are merged"),
    ("merge = none", "`none` keeps the updates apart from the model"),
  ]) func settingsThatASparseModelCannotHave(setting: String, message: String) throws {
    let found = try errors(Self.sparse + "recover lora on words { \(setting) }")
    #expect(found.count == 1 && found[0].contains(message), "\(found)")
  }

  @Test(arguments: [
    sparse + "recover lora on words",
    sparse + "recover lora on words { merge = masked, dropout = 0 }",
    sparse + "recover lora on words { merge = none, adapter = \"a\", dropout = 0.1 }",
    "recover lora on words { merge = masked, dropout = 0.1, adapter = \"a\" }\nsave \"b\"",
    // Other weights than the pruning's.
    "prune weight { by magnitude, remove 50%, targets = [up] }\n"
      + "recover lora on words { targets = [query], dropout = 0.1, adapter = \"a\" }\nsave \"b\"",
    // The end of a branch is the end of what it did.
    sparse + "branch \"a\" { recover lora on words { merge = none, adapter = \"a\" }\n"
      + "evaluate perplexity on words }\nsave \"b\"",
  ]) func recipesWithNothingWrong(recipe: String) throws {
    #expect(try errors(recipe) == [])
  }

  @Test func nothingIsSavedAfterAnAdapterThatStaysApart() throws {
    let recipe =
      Self.sparse + "recover lora on words { merge = none, adapter = \"a\" }\nsave \"b\""
    let found = try errors(recipe)
    #expect(found.count == 1 && found[0].contains("save the model before it"), "\(found)")
    let dense = try errors("recover lora on words { merge = none, adapter = \"a\" }")
    #expect(dense.count == 1 && dense[0].contains("none of the `targets` is sparse"), "\(dense)")
  }
}
