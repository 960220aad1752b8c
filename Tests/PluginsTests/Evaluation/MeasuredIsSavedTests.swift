import BillhookModels
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookPlugins
@testable import BillhookResolver
import Testing
import TestSupport

/// What is measured of a changed model is what is measured of its saved copy, to the last bit.
///
/// The tiny model is stored in bfloat16, in which none of these changes can be kept exactly.
@Suite struct MeasuredIsSavedTests {
  private func run(_ text: String, model: String, in folder: String) throws -> Report {
    let words = "\(Fixture.repository)/Examples/Data/train.txt"
    let walks = try TokenFile.text(TrainingCurve("cpt-tiny").tokens)
    try FileSystem.write(Array(walks.utf8), to: "\(folder)/walks.txt")
    let recipe = """
      model \(model)
      data words = text "\(words)" { length = 32, samples = 24, bos = none }
      data walks = tokens "walks.txt" { bos = none }

      """ + text
    let parsed = Recipe.parse(SourceText(name: "test.recipe", text: recipe))
    let resolved = Resolver.resolve(
      parsed.recipe,
      registry: try Registry(BuiltinPlugins.all),
      folder: folder
    )
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let plan = try #require(resolved.plan, "\(resolved.diagnostics)")
    return try Pipeline(plan, RunContext(scratch: runs.scratch), work, runs, build: "test").run()
  }

  static let changes = [
    "recover cpt on words { steps = 3, batch = 8, learning_rate = 1e-3 }",
    "recover lora on words { steps = 3, batch = 8, learning_rate = 1e-2 }",
    "recover distill on words { steps = 3, batch = 8, learning_rate = 1e-3, hidden = 0.1 }",
    """
    prune block { by magnitude, remove 6, keep first 1 last 1 }
    recover cpt on words {
      steps = 4, batch = 8, learning_rate = 1e-3, held_out = 4, evaluate_every = 1, result = best
    }
    """,
    """
    prune mlp_channel on words { by flap, remove 25%, repair bias_compensation }
    recover lora on words { steps = 2, batch = 8, learning_rate = 1e-2 }
    recover cpt on words { steps = 2, batch = 8, learning_rate = 1e-3 }
    """,
    """
    recover lora on words { steps = 2, batch = 8, learning_rate = 1e-2 }
    prune attention_head on words { by wanda_sp, remove 50%, repair bias_compensation }
    """,
  ]

  @Test(arguments: changes) func perplexitiesAreEqualToTheBit(change: String) throws {
    try Fixture.withFolder { folder in
      let measured = try run(
        change + "\nevaluate perplexity on words\n"
          + "save \"out\" { architecture = custom }\nevaluate perplexity on words",
        model: "\"\(Fixture.tinyModel)\"",
        in: folder
      )
      let saved = try run("evaluate perplexity on words", model: "\"out\"", in: folder)
      let values = (measured.rows + saved.rows).map { $0.metrics[0].value }
      #expect(values.allSatisfy { $0 == values[0] }, "\(values)")
      // The weights did change.
      let plain = try run(
        "evaluate perplexity on words",
        model: "\"\(Fixture.tinyModel)\"",
        in: folder
      )
      #expect(plain.rows[0].metrics[0].value != values[0])
    }
  }

  /// An adapter that is merged when the model is opened.
  @Test func aMergedAdapterIsMeasuredAsItIsSaved() throws {
    try Fixture.withFolder { folder in
      _ = try run(
        """
        save "base"
        recover lora on words { steps = 3, batch = 8, learning_rate = 1e-2, adapter = "adapter" }
        """,
        model: "\"\(Fixture.tinyModel)\"",
        in: folder
      )
      let merged = try run(
        "evaluate perplexity on words\nsave \"out\"",
        model: "\"base\" { adapter = \"adapter\" }",
        in: folder
      )
      let saved = try run("evaluate perplexity on words", model: "\"out\"", in: folder)
      #expect(merged.rows[0].metrics == saved.rows[0].metrics)
    }
  }

  /// The held-out loss that a training reports is that of the weights it leaves.
  @Test func theHeldOutLossIsThatOfTheSavedWeights() throws {
    try Fixture.withFolder { folder in
      let report = try run(
        """
        recover cpt on walks { steps = 3, batch = 2, learning_rate = 1e-3, held_out = 4, seed = 3 }
        save "out"
        """,
        model: "\"\(Fixture.tinyModel)\"",
        in: folder
      )
      let words = try TrainingCurve("cpt-tiny").tokens
      let held = try #require(words.split(holdingOut: 4, 3).held)
      let found = try Traversal(LanguageModel(opening: "\(folder)/out"), .testing()).loss(on: held)
      #expect(found.mean == report.trainings.first?.outcome.heldOut?.after)
    }
  }
}
