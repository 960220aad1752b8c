import BillhookModels
import Foundation
import Testing
import TestSupport

/// Trainings as recipes ask for them, on the tiny model.
@Suite struct RecoverTests {
  private static let data = """
    data words = text "\(Fixture.repository)/Examples/Data/train.txt" { length = 32, samples = 48 }

    """

  /// Runs a recipe, and gives what it printed with the perplexities of its table.
  private func run(
    _ recipe: String,
    model: String = "\"\(Fixture.tinyModel)\"",
    in folder: String,
    status: Int32 = 0
  ) throws -> (outcome: Billhook.Outcome, perplexities: [Double]) {
    let text = "model \(model)\n" + Self.data + recipe
    try FileSystem.write(Array(text.utf8), to: "\(folder)/test.recipe")
    let outcome = try Billhook.run(["run", "\(folder)/test.recipe"])
    #expect(outcome.status == status, "\(outcome.errors)")
    let rows = outcome.output.split(separator: "\n").compactMap { line in
      line.contains(" MB ") || line.contains(" KB ")
        ? line.split(separator: " ").dropLast().last.flatMap { Double($0) } : nil
    }
    return (outcome, rows)
  }

  @Test func eachRecoveryLowersThePerplexity() throws {
    try Fixture.withFolder { folder in
      let found = try run(
        """
        prune block { by magnitude, remove 6, keep first 1 last 1 }
        evaluate perplexity on words
        branch "lora" {
          recover lora on words { steps = 4, batch = 8, learning_rate = 4e-3 }
          evaluate perplexity on words
        }
        branch "cpt" {
          recover cpt on words { steps = 4, batch = 8, learning_rate = 1e-3 }
          evaluate perplexity on words
        }
        branch "distill" {
          recover distill on words { steps = 4, batch = 8, learning_rate = 1e-3, hidden = 0.1 }
          evaluate perplexity on words
        }
        """,
        in: folder
      ).perplexities
      #expect(found.count == 4)
      #expect(found.dropFirst().allSatisfy { $0 < found[0] }, "\(found)")
      #expect(Set(found).count == 4)
    }
  }

  @Test func anAdapterOnTheSavedModelIsTheMergedModel() throws {
    try Fixture.withFolder { folder in
      let merged = try run(
        """
        prune block { by magnitude, remove 2, keep first 1 last 1 }
        save "pruned"
        recover lora on words {
          steps = 3, batch = 8, learning_rate = 1e-2, adapter = "adapter"
        }
        evaluate perplexity on words
        """,
        in: folder
      ).perplexities
      let config = try Fixture.text("\(folder)/adapter/adapter_config.json")
      #expect(config.contains("\"base_model_name_or_path\": \"\(folder)/pruned\""))
      let loaded = try run(
        "evaluate perplexity on words",
        model: "\"pruned\" { adapter = \"adapter\" }",
        in: folder
      ).perplexities
      let plain = try run("evaluate perplexity on words", model: "\"pruned\"", in: folder)
      #expect(loaded == merged && loaded != plain.perplexities)
      // Another adapter does not take its place; the training itself is not lost.
      let other = try run(
        """
        prune block { by magnitude, remove 2, keep first 1 last 1 }
        recover lora on words { steps = 2, batch = 8, adapter = "adapter" }
        """,
        in: folder,
        status: 3
      )
      #expect(other.outcome.errors.contains("exists and holds something else"))
    }
  }

  @Test func aNewModelLearnsFromNothing() throws {
    try Fixture.withFolder { folder in
      for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        try FileSystem.write(
          FileSystem.read("\(Fixture.tinyModel)/\(name)"),
          to: "\(folder)/\(name)"
        )
      }
      let found = try run(
        """
        evaluate perplexity on words
        recover cpt on words { steps = 6, batch = 8, learning_rate = 3e-3 }
        evaluate perplexity on words
        save "out"
        """,
        model: "new \"config.json\" { seed = 3 }",
        in: folder
      ).perplexities
      #expect(found.count == 2 && found[1] < found[0] / 2)
      let saved = try LanguageModel(opening: "\(folder)/out")
      #expect(saved.blocks.count == 12)
    }
  }

  @Test func pruningAndTrainingTakeTurns() throws {
    try Fixture.withFolder { folder in
      let found = try run(
        """
        repeat 2 {
          prune block on words { by ppl, remove 1, keep first 1 last 1 }
          recover lora on words { steps = 2, batch = 8 }
          recover cpt on words { steps = 2, batch = 8, train = [0, 11] }
        }
        evaluate perplexity on words
        save "out"
        """,
        in: folder
      )
      #expect(found.outcome.output.contains("+ lora + cpt - 1 block by ppl + lora + cpt"))
      #expect(try LanguageModel(opening: "\(folder)/out").blocks.count == 10)
    }
  }

  @Test(
    arguments: [
      ("recover cpt on words { steps = 2, epochs = 1 }", "`epochs` and `steps` both say how long"),
      ("recover cpt on words { train = [3, 12] }", "names block 12; the blocks are 0 to 11"),
      ("recover lora on words { targets = [] }", "must name a projection"),
      ("recover cpt on words { train = [] }", "names no block"),
      ("recover lora on words { steps = 3, warmup = 4 }", "4 steps of warm-up are more than the 3"),
      (
        "repeat 2 { recover lora on words { steps = 1, adapter = \"a\" } }",
        "saves to the same path again"
      ),
      ("recover lora on words { result = best }", "`best` needs windows to measure on"),
      ("recover distill on words { teacher = \"nothing\" }", "nothing"),
      ("data a = jsonl \"test.recipe\"\nevaluate perplexity on a", "test.recipe: line 1: "),
      ("recover lora on words { warmup = -1 }", "a number of steps or a percentage such as 5%"),
      ("recover lora on words { checkpoint = 5GB }", "a time such as 10min or a number of steps"),
    ]
  )
  func mistakesAreFoundBeforeAnythingRuns(recipe: String, message: String) throws {
    try Fixture.withFolder { folder in
      let found = try run(recipe, in: folder, status: 1)
      #expect(found.outcome.errors.contains(message), "\(found.outcome.errors)")
      #expect(!FileSystem.exists("\(folder)/.billhook/runs"))
    }
  }
}
