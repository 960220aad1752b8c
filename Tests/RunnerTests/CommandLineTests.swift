import BillhookCore
import Testing
import TestSupport

/// Statuses and messages of the command line.
@Suite struct CommandLineTests {
  @Test func mistakesOfTheCommandLine() throws {
    for arguments in [["run"], ["prune-it"], ["run", "a", "b"], ["run", "a", "--device", "gpu"]] {
      let outcome = try Billhook.run(arguments)
      #expect(outcome.status == 2, "\(arguments)")
      #expect(outcome.errors.contains("Usage"))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test func helpAndVersionAreNoMistakes() throws {
    for arguments in [["--help"], ["help", "run"], ["--version"], []] {
      let outcome = try Billhook.run(arguments)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("billhook"))
      #expect(outcome.errors.isEmpty)
    }
  }

  @Test func aRecipeThatIsNotThere() throws {
    let outcome = try Billhook.call(["check", "/does/not/exist.recipe"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("/does/not/exist.recipe"))
  }

  @Test func checkShowsThePlanWithoutComputing() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(RunTests.recipe, in: folder)
      let outcome = try Billhook.run(["check", recipe])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("LlamaForCausalLM, 4 blocks"))
      #expect(outcome.output.contains("1 of 3 that may go"))
      #expect(outcome.output.contains("one more"))
      #expect(outcome.output.contains("whole documents, BOS none"))
      #expect(try FileSystem.names(in: folder) == ["test.recipe", "windows.txt"])
    }
  }

  @Test func everyMistakeOfARecipeIsReportedAtOnce() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        """
        prune block on windows { by pppl, remove 1 }
        evaluate perplexity on window
        """,
        in: folder
      )
      for command in ["check", "run"] {
        let outcome = try Billhook.run([command, recipe])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("did you mean `ppl`?"))
        #expect(outcome.errors.contains("did you mean `windows`?"))
        #expect(outcome.errors.contains("test.recipe:3:29"))
      }
    }
  }

  /// What only the model can tell, still without computing: amounts, keeps, paths.
  static let impossible: [(text: String, says: [String])] = [
    ("prune block on windows { by ppl, remove 4 }", ["no unit at all", "4"]),
    ("prune block on windows { by ppl+, remove 1 }", ["keep first 4 last 2", "only 0", "1 of 4"]),
    ("prune block on windows { by ppl, remove [7] }", ["unit 7"]),
    ("prune block on windows { by ppl, down to 9 }", ["4 units there are"]),
    (
      "prune block { by magnitude, remove 2 }\nprune block { by magnitude, remove 2 }",
      ["would leave no unit at all of 2"]
    ),
    (#"save "windows.txt""#, ["windows.txt: is the data `windows`"]),
  ]

  @Test(arguments: impossible.indices)
  func whatTheModelCannotDoIsReportedByCheck(index: Int) throws {
    let (text, says) = Self.impossible[index]
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call(["check", Billhook.recipe(text, in: folder)])
      #expect(outcome.status == 1)
      let isExplained = says.allSatisfy { outcome.errors.contains($0) }
      #expect(isExplained, "\(outcome.errors)")
    }
  }

  /// What an earlier scoring may leave is not refused before it is known.
  static let possible = [
    "prune block on windows { by ppl, remove 1 }\nprune block { by magnitude, remove [0] }",
    "prune block on windows { by ppl, remove 2 }\nprune block { by magnitude, remove 1, keep [2, 3] }",
  ]

  @Test(arguments: possible)
  func whatDependsOnScoresIsNotRefusedByCheck(text: String) throws {
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call(["check", Billhook.recipe(text, in: folder)])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test func windowsBeyondTheModelsPositionsAreAWarning() throws {
    try Fixture.withFolder { folder in
      let text = "data long = tokens \"windows.txt\" { length = 65 }\nevaluate perplexity on long"
      let outcome = try Billhook.call(["check", Billhook.recipe(text, in: folder)])
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("warning[W0402]"))
      #expect(outcome.errors.contains("65 tokens"))
    }
  }

  @Test func aTokenizerThatTextNeedsIsLookedAt() throws {
    try Fixture.withFolder { folder in
      let text = "data book = text \"test.recipe\"\nevaluate perplexity on book"
      let outcome = try Billhook.call(["check", Billhook.recipe(text, in: folder)])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("tokenizer.json"))
    }
  }

  @Test func aModelThatCannotBeOpenedIsPointedAt() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(#"model "nowhere""#.utf8), to: "\(folder)/a.recipe")
      let outcome = try Billhook.call(["check", "\(folder)/a.recipe"])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("a.recipe:1:7"))
      #expect(outcome.errors.contains("does not exist"))
    }
  }
}
