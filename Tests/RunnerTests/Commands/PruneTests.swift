import BillhookCore
import Foundation
import Testing
import TestSupport

/// `billhook prune` and `billhook clean`, as a user calls them.
@Suite struct PruneTests {
  @Test func prunesWithoutARecipe() throws {
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call([
        "prune", Fixture.tinyModel, "--by", "ppl", "--on",
        "\(Fixture.repository)/Examples/Data/heldout.txt", "--remove", "2", "--keep",
        "first 2 last 1", "--samples", "2", "--length", "32", "--save", "\(folder)/out", "--work",
        "\(folder)/work",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("  keep first 2 last 1\n"))
      #expect(try LanguageModel(opening: "\(folder)/out").blocks.count == 10)

      // What it printed is the recipe that it was.
      let end = try #require(outcome.output.range(of: "\n\n")?.lowerBound)
      try FileSystem.write(Array(outcome.output[..<end].utf8), to: "\(folder)/same.recipe")
      let again = try Billhook.call(["run", "\(folder)/same.recipe", "--work", "\(folder)/work"])
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.errors.contains("scores by ppl: 12 units scored"), "\(again.errors)")
      #expect(again.errors.contains("it is as it was left (known)"), "\(again.errors)")

      let cleaned = try Billhook.call(["clean", "--work", "\(folder)/work"])
      #expect(cleaned.status == 0)
      #expect(cleaned.output.contains("removed 2 stages and 2 runs"), "\(cleaned.output)")
      #expect(FileSystem.exists("\(folder)/out/config.json"))
      #expect(try FileSystem.names(in: "\(folder)/work") == ["billhook-work-folder", "lock"])
    }
  }

  @Test func settingsOfWhatIsSaved() throws {
    try Fixture.withFolder { folder in
      func prune(_ rest: [String]) throws -> Billhook.Outcome {
        try Billhook.call(
          [
            "prune", Fixture.tinyModel, "--by", "magnitude", "--save", "\(folder)/out", "--work",
            "\(folder)/work",
          ] + rest
        )
      }
      #expect(try prune(["--remove", "1"]).status == 0)
      let other = try prune(["--remove", "2"])
      #expect(other.status != 0 && other.errors.contains("overwrite"), "\(other.errors)")
      let replaced = try prune(["--remove", "2", "--overwrite"])
      #expect(replaced.status == 0, "\(replaced.errors)")
      #expect(try LanguageModel(opening: "\(folder)/out").blocks.count == 10)
      let uneven = ["--unit", "mlp_channel", "--remove", "5%", "--keep", "first 1", "--overwrite"]
      #expect(try prune(uneven).errors.contains("architecture = custom"))
      let custom = try prune(uneven + ["--architecture", "custom"])
      #expect(custom.status == 0, "\(custom.errors)")
    }
  }

  @Test func namedUnitsNeedNoCriterion() throws {
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call([
        "prune", Fixture.tinyModel, "--remove", "[1, 4..5]", "--save", "\(folder)/out", "--work",
        "\(folder)/work",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(!outcome.output.contains("  by "))
      #expect(!outcome.errors.contains("scores"))
      #expect(try LanguageModel(opening: "\(folder)/out").blocks.count == 9)
    }
  }

  @Test func mistakesAreShownInTheRecipe() throws {
    let outcome = try Billhook.call([
      "prune", Fixture.tinyModel, "--by", "pppl", "--remove", "2", "--save", "/tmp/nowhere/out",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("did you mean `ppl`?"))
    #expect(outcome.errors.contains("command line:3:6"))
  }

  @Test func thereMayBeNothingToClean() throws {
    let outcome = try Billhook.call(["clean", "/does/not/exist"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "/does/not/exist/.billhook: nothing is there\n")
  }

  /// What flags need of each other is said in words of the command line.
  @Test func flagsThatNeedAText() throws {
    let command = ["prune", Fixture.tinyModel, "--remove", "2", "--save", "/tmp/nowhere/out"]
    for (flags, name) in [
      ([], "ppl, which is taken without --by,"),
      (["--by", "taylor { aggregate = sum_abs }"], "taylor"),
      (["--by", "ppl+"], "ppl"),
    ] {
      let outcome = try Billhook.call(command + flags)
      #expect(outcome.status == 2)
      #expect(outcome.output.isEmpty)
      #expect(
        outcome.errors.hasPrefix(
          "error: the criterion \(name) is computed on a text: name one with --on FILE, or take a "
            + "criterion that needs none: --by "
        ),
        "\(outcome.errors)"
      )
      #expect(outcome.errors.contains("--by magnitude"))
    }
    for flag in ["--samples", "--length", "--seed"] {
      let outcome = try Billhook.call(command + ["--by", "magnitude", flag, "4"])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("\(flag) is about the text of --on"), "\(outcome.errors)")
    }
  }
}
