import BillhookCore
import Foundation
import Testing
import TestSupport

/// `billhook run` from the outside: statuses, files, messages.
@Suite struct RunTests {
  static let recipe = """
    prune block on windows { by ppl, remove 1, keep first 1 }
    evaluate perplexity on windows
    save "out/pruned"
    """

  @Test func aRunLeavesAModelAndItsRecord() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let outcome = try Billhook.call(["run", recipe])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("- 1 block by ppl"))
      #expect(outcome.output.contains("perplexity windows"))
      #expect(outcome.errors.contains("evidence for ppl"))
      #expect(!outcome.errors.contains("\u{1B}"))

      let saved = try LanguageModel(opening: "\(folder)/out/pruned")
      #expect(saved.blocks.count == 3)
      #expect(
        try FileSystem.names(in: "\(folder)/out/pruned")
          == [
            "README.md", "billhook.json", "config.json", "golden.json", "model.safetensors",
            "units.json", "width.json",
          ]
      )
      let record = try JSON(parsing: FileSystem.read("\(folder)/out/pruned/billhook.json"))
      #expect(record["recipe"]?.string == (try Fixture.text(recipe)))
      let removal = try #require(record["removed"]?.array?.first)
      #expect(removal["scores"]?.members?.count == 4)
      #expect(removal["removed"]?.array?.count == 1)
      #expect(removal["calibration"]?["tokens"]?.array?.count == 4)

      let runs = try FileSystem.names(in: "\(folder)/.billhook/runs")
      let run = "\(folder)/.billhook/runs/\(try #require(runs.first))"
      #expect(
        try FileSystem.names(in: run) == [
          "files.json", "journal.jsonl", "recipe.recipe", "report.html", "report.json",
          "scores-ppl.csv", "tokens-ppl.txt",
        ]
      )
      #expect(try Fixture.text("\(run)/tokens-ppl.txt") == Fixture.text("\(folder)/windows.txt"))
      let stages = try Fixture.text("\(run)/journal.jsonl").split(separator: "\n")
      #expect(stages.count == 6)
      for stage in stages { _ = try JSON(parsing: stage.utf8) }
      let report = try JSON(parsing: FileSystem.read("\(run)/report.json"))
      #expect(report["rows"]?.array?.count == 1)
      let seconds = try #require(report["run"]?["seconds"]?.double)
      #expect((0..<600).contains(seconds))
      #expect(report["run"]?["began"]?.string?.wholeMatch(of: /20..-..-..T..:..:..Z/) != nil)
      #expect(report["rows"]?.array?.first?["parameters"]?.int == saved.parameterCount)
    }
  }

  @Test func theSameRunAgainFindsItsResult() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      #expect(try Billhook.call(["run", recipe, "--quiet"]).status == 0)
      let names = try FileSystem.names(in: "\(folder)/out/pruned")
      let before = try names.map { try FileSystem.read("\(folder)/out/pruned/\($0)") }
      let again = try Billhook.call(["run", recipe])
      #expect(again.status == 0)
      #expect(again.errors.contains("it is as it was left (known)"))
      #expect(!again.errors.contains("evidence"))
      #expect(before == (try names.map { try FileSystem.read("\(folder)/out/pruned/\($0)") }))
      #expect(try FileSystem.names(in: "\(folder)/out") == ["pruned"])
    }
  }

  @Test func anotherResultIsReplacedOnlyWhenAsked() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      #expect(try Billhook.call(["run", recipe]).status == 0)
      let other = Self.recipe.replacing("remove 1", with: "remove 2")
      _ = try Billhook.recipe(other, in: folder)
      let refused = try Billhook.call(["run", recipe])
      #expect(refused.status == 1)
      #expect(refused.errors.contains("overwrite = true"))
      #expect(try LanguageModel(opening: "\(folder)/out/pruned").blocks.count == 3)
      _ = try Billhook.recipe(other + " { overwrite = true }", in: folder)
      #expect(try Billhook.call(["run", recipe]).status == 0)
      #expect(try LanguageModel(opening: "\(folder)/out/pruned").blocks.count == 2)
      #expect(try FileSystem.names(in: "\(folder)/out") == ["pruned"])
    }
  }

  @Test func whatBillhookDidNotWriteIsNeverReplaced() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/out/pruned")
      try FileSystem.write([1], to: "\(folder)/out/pruned/diary.txt")
      let recipe = try Billhook.recipe(Self.recipe + " { overwrite = true }", in: folder)
      let outcome = try Billhook.call(["run", recipe])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("not written by Billhook"))
      #expect(try FileSystem.names(in: "\(folder)/out/pruned") == ["diary.txt"])
    }
  }

  @Test func twoPrunesInARowCountFromTheOpenedModel() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        """
        prune block { by magnitude, remove [1] }
        prune block on windows { by taylor, remove 1, keep [0, 3] }
        save "out/pruned"
        """,
        in: folder
      )
      let outcome = try Billhook.call(["run", recipe, "--work", "\(folder)/work"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("block 2"))
      #expect(try LanguageModel(opening: "\(folder)/out/pruned").blocks.count == 2)
      #expect(try FileSystem.names(in: "\(folder)/work").contains("runs"))
      #expect(!FileSystem.exists("\(folder)/.billhook"))
    }
  }

  @Test func scoresOfOneRunServeAnother() throws {
    try Fixture.withFolder { folder in
      let first = try Billhook.recipe("score block on windows { by ppl }", in: folder)
      #expect(try Billhook.call(["run", first]).status == 0)
      let run = try #require(try FileSystem.names(in: "\(folder)/.billhook/runs").first)
      let scores = ".billhook/runs/\(run)/scores-ppl.csv"
      let second = try Billhook.recipe(
        """
        prune block { by scores "\(scores)", remove 1, keep first 1 }
        save "out/read"
        """,
        in: folder
      )
      #expect(try Billhook.call(["run", second]).status == 0)
      let third = try Billhook.recipe(
        """
        prune block on windows { by ppl, remove 1, keep first 1 }
        save "out/computed"
        """,
        in: folder
      )
      #expect(try Billhook.call(["run", third]).status == 0)
      let weights = ["read", "computed"].map { "\(folder)/out/\($0)/model.safetensors" }
      #expect(try FileSystem.read(weights[0]) == FileSystem.read(weights[1]))
    }
  }

  @Test func plusKeepsTheFirstFourAndTheLastTwoBlocks() throws {
    try Fixture.withFolder { folder in
      let golden = try Golden("llama-sharded")
      try FileSystem.write(
        Array(TokenFile.text(golden.tokens).utf8),
        to: "\(folder)/windows.txt"
      )
      let text = """
        model "\(golden.model.directory.path)"
        data windows = tokens "windows.txt"
        prune block on windows { by taylor+, remove 10 }
        save "out"
        """
      try FileSystem.write(Array(text.utf8), to: "\(folder)/a.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/a.recipe"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("block 4, 5, 6, 7, 8, 9, 10, 11, 12, 13"))
      #expect(try LanguageModel(opening: "\(folder)/out").blocks.count == 6)
      let more = text.replacing("remove 10", with: "remove 11")
      try FileSystem.write(Array(more.utf8), to: "\(folder)/a.recipe")
      let refused = try Billhook.call(["check", "\(folder)/a.recipe"])
      #expect(refused.status == 1)
      #expect(refused.errors.contains("`keep first 4 last 2` leaves only 10"))
    }
  }

  @Test func theSourceIsNeverOverwritten() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      #expect(try Billhook.call(["run", recipe]).status == 0)
      let second = """
        model "out/pruned"
        prune block { by magnitude, remove 1 }
        save "out/../out/pruned" { overwrite = true }
        """
      try FileSystem.write(Array(second.utf8), to: "\(folder)/b.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/b.recipe"])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("is the model that the recipe starts with"))
      #expect(try LanguageModel(opening: "\(folder)/out/pruned").blocks.count == 3)
    }
  }

  @Test func equalRunsElsewhereWriteEqualBytes() throws {
    try Fixture.withFolder { folder in
      let records = try ["one", "two/deeper"].map { place in
        try FileSystem.makeDirectory("\(folder)/\(place)")
        let recipe = try Billhook.recipe(
          """
          prune block on windows { by ppl, remove 1 }
          save "out"
          """,
          in: "\(folder)/\(place)"
        )
        #expect(try Billhook.call(["run", recipe, "--quiet"]).status == 0)
        return try FileSystem.names(in: "\(folder)/\(place)/out").map {
          try FileSystem.read("\(folder)/\(place)/out/\($0)")
        }
      }
      #expect(records[0] == records[1])
    }
  }

  @Test func aFailingStageSaysWhereAndKeepsTheRest() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("unit,score\n0,1\n1,2\n".utf8), to: "\(folder)/few.csv")
      let recipe = try Billhook.recipe(
        """
        score block on windows { by ppl }
        prune block { by magnitude, remove 1, keep [2] }
        prune block { by scores "few.csv", remove 1 }
        """,
        in: folder
      )
      let outcome = try Billhook.call(["run", recipe])
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("test.recipe:5:1"))
      #expect(outcome.errors.contains("no score for block 2"))
      let run = try #require(try FileSystem.names(in: "\(folder)/.billhook/runs").first)
      #expect(FileSystem.exists("\(folder)/.billhook/runs/\(run)/scores-ppl.csv"))
    }
  }

  @Test func aModelThatIsCutShortWhileItRunsIsAnErrorAndNoCrash() throws {
    try Fixture.withFolder { folder in
      let row = (0..<60).map { "\($0)" }.joined(separator: " ") + "\n"
      try FileSystem.write(
        Array(String(repeating: row, count: 20_000).utf8),
        to: "\(folder)/many.txt"
      )
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.makeDirectory("\(folder)/model")
        try FileSystem.write(bytes, to: "\(folder)/model/\(name)")
      }
      let text = """
        model "model"
        data many = tokens "many.txt" { bos = none }
        evaluate perplexity on many
        """
      try FileSystem.write(Array(text.utf8), to: "\(folder)/a.recipe")
      let outcome = try Billhook.run(["run", "\(folder)/a.recipe"], sending: nil) {
        guard FileSystem.exists("\(folder)/.billhook/runs") else { return false }
        truncate("\(folder)/model/model.safetensors", 4096)
        return true
      }
      #expect(outcome.status == 3)
      let isExplained = ["changed", "cut short", "truncated"].contains {
        outcome.errors.contains($0)
      }
      #expect(isExplained, "\(outcome.errors)")
    }
  }

  @Test func ctrlCStopsAtTheNextSafePlace() throws {
    try Fixture.withFolder { folder in
      let row = (0..<60).map { "\($0 % 61)" }.joined(separator: " ") + "\n"
      let many = String(repeating: row, count: 20_000)
      try FileSystem.write(Array(many.utf8), to: "\(folder)/many.txt")
      let recipe = try Billhook.recipe(
        """
        data many = tokens "many.txt" { bos = none }
        evaluate perplexity on many
        save "out/pruned"
        """,
        in: folder
      )
      let outcome = try Billhook.run(["run", recipe], sending: SIGINT) {
        FileSystem.exists("\(folder)/.billhook/runs")
      }
      #expect(outcome.status == 130)
      #expect(outcome.errors.contains("interrupted"))
      #expect(!FileSystem.exists("\(folder)/out"))
    }
  }
}
