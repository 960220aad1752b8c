import BillhookCore
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
    let outcome = try Billhook.call(["run", "\(folder)/test.recipe"])
    #expect(outcome.status == status, "\(outcome.errors)")
    let rows = outcome.output.split(separator: "\n").compactMap { line in
      line.contains(" MB ") || line.contains(" kB ")
        ? line.split(separator: " ").last.flatMap { Double($0) } : nil
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
        save "pruned"
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
      ("recover cpt on words { train = [] }", "names nothing; leave it out"),
      ("recover cpt on words { train = [last 13, head] }", "names the last 13 blocks of 12"),
      ("recover cpt on words { train = [biases] }", "names `biases`, of which the model has none"),
      ("recover distill on words { beta = 0.5 }", "is for `loss = jensen_shannon`"),
      ("recover distill on words { kept = 64, hidden = 1 }", "`kept` has none"),
      ("recover cpt on words { decay = 60% }", "belongs to `schedule = warmup_stable_decay`"),
      ("recover cpt on words { schedule = constant, final_share = 0.5 }", "a schedule that falls"),
      ("recover lora on words { steps = 3, warmup = 4 }", "4 steps of warm-up are more than the 3"),
      (
        "repeat 2 { recover lora on words { steps = 1, adapter = \"a\" } }",
        "saves to the same path again"
      ),
      ("recover lora on words { result = best }", "`best` needs windows to measure on"),
      ("recover distill on words { teacher = \"nothing\" }", "nothing"),
      (
        "data a = jsonl \"test.recipe\"\nevaluate perplexity on a",
        "test.recipe: line 1, column 1: "
      ),
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

  /// Which blocks stay is known from the scores of an earlier run, and `check` says what has gone.
  @Test func blocksThatKnownScoresRemoveCannotBeTrained() throws {
    try Fixture.withFolder { folder in
      let prune = "prune block on words { by ppl, remove 9, keep first 1 last 1 }\n"
      let train = "recover cpt on words { steps = 2, batch = 8, train = [1, 2] }\n"
      _ = try run(prune, in: folder)
      let text = "model \"\(Fixture.tinyModel)\"\n" + Self.data + prune + train
      try FileSystem.write(Array(text.utf8), to: "\(folder)/next.recipe")
      for (work, status) in [("other", Int32(0)), (".billhook", 1)] {
        let outcome = try Billhook.call(
          ["check", "\(folder)/next.recipe", "--work", "\(folder)/\(work)"]
        )
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains("`cpt`: `train` names block") == (status == 1))
      }
    }
  }

  /// While it runs, below the table, in the report, and again where nothing is computed.
  @Test(arguments: ["last", "best"]) func aTrainingThatDoesHarmIsAWarning(result: String) throws {
    let words =
      result == "last"
      ? "the training made the model worse: the held-out loss is "
      : "no step made the held-out loss smaller than "
    try Fixture.withFolder { folder in
      for isFirst in [true, false] {
        let outcome = try run(
          """
          prune block { by magnitude, remove 3, keep first 1 last 1 }
          branch "rash" {
            recover cpt on words {
              steps = 4, batch = 8, learning_rate = 0.3, warmup = 0, clip = 0
              held_out = 8, evaluate_every = 2, result = \(result)
            }
            evaluate perplexity on words
          }
          """,
          in: folder
        ).outcome
        // However lines are broken.
        func flat(_ text: String) -> String {
          text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let (errors, output) = (flat(outcome.errors), flat(outcome.output))
        #expect(errors.contains("warning: \(words)"), "\(errors)")
        #expect(errors.contains("trained before: loss ") != isFirst)
        #expect(errors.contains(" at step 4; held-out loss ") && errors.contains(" before, "))
        #expect(output.contains("[rash] \(words)"), "\(output)")
      }
      let shown = try Billhook.call(["report", "--work", "\(folder)/.billhook"])
      #expect(
        shown.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
          .contains("[rash] \(words)")
      )
      let runs = "\(folder)/.billhook/runs"
      let last = try #require(FileSystem.names(in: runs).max())
      let report = try JSON(parsing: FileSystem.read("\(runs)/\(last)/report.json"))
      let training = try #require(report["trainings"]?.array?.first)
      let losses = training["held_out_loss"]
      #expect(training["recovery"] == "cpt" && training["steps"]?.int == 4)
      #expect(training["result_step"]?.int == (result == "best" ? 0 : 4))
      #expect((losses?["before"]?.double ?? 9) <= (losses?["after"]?.double ?? 0))
      #expect(training["warning"]?.string?.hasPrefix(words) == true)
    }
  }

  /// Parts of one tensor that are trained apart are said to be, and fused ones have the rank.
  @Test func anAdapterOfFusedProjectionsSaysItsRank() throws {
    try Fixture.withFolder { folder in
      let tokens = (0..<8).map { row in
        (1...12).map { "\((row * 5 + $0 * 3) % 36)" }.joined(separator: " ")
      }
      try FileSystem.write(
        Array((tokens.joined(separator: "\n") + "\n").utf8),
        to: "\(folder)/walks.txt"
      )
      let recipe = """
        model "\(Fixture.path("models/phi3"))"
        data walks = tokens "walks.txt" { bos = none }
        recover lora on walks { steps = 1, batch = 4, rank = 2, adapter = "apart" }
        recover lora on walks { steps = 1, batch = 4, rank = 2, adapter = "one", fused = true }
        """
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/test.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/test.recipe"])
      #expect(
        outcome.errors.contains(
          "the model keeps `query`, `key`, `value` in one tensor, whose update has the rank 6, 3 times 2"
        ),
        "\(outcome.errors)"
      )
      #expect(outcome.errors.components(separatedBy: "`fused = true` trains them").count == 3)
      let ranks = try ["apart", "one"].map { name in
        let file = try SafetensorsFile("\(folder)/\(name)/adapter_model.safetensors")
        return file.names.filter { $0.hasSuffix("qkv_proj.lora_A.weight") }
          .compactMap { file.shape(of: $0)?.first }
      }
      #expect(Set(ranks[0]) == [6] && Set(ranks[1]) == [2])
    }
  }

  /// A weight that is no number ends the run with its name, whatever was asked for.
  @Test(
    arguments: [
      "evaluate perplexity on windows", "prune block on windows { by angular_distance, remove 1 }",
      "recover cpt on windows { steps = 1 }", "save \"out\"",
    ]
  )
  func aWeightThatIsNoNumberIsNamed(statement: String) throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/model")
      let copy = try ModelCopy(of: "llama-gqa", in: "\(folder)/model")
      try copy.spoil("model.layers.2.mlp.up_proj.weight", at: 3, with: .nan)
      let tokens = TokenFile.text(try Golden("llama-gqa").tokens)
      try FileSystem.write(Array(tokens.utf8), to: "\(folder)/windows.txt")
      let recipe =
        "model \"model\"\ndata windows = tokens \"windows.txt\" { bos = none }\n\(statement)\n"
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/test.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/test.recipe"])
      #expect(outcome.status == 3)
      #expect(
        outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
          .contains("`model.layers.2.mlp.up_proj.weight` holds nan at [0, 3]"),
        "\(outcome.errors)"
      )
      #expect(!outcome.errors.contains("learning_rate"))
    }
  }
}
