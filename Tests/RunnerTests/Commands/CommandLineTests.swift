import BillhookCore
import Testing
import TestSupport

/// Statuses and messages of the command line.
@Suite struct CommandLineTests {
  @Test func mistakesOfTheCommandLine() throws {
    for arguments in [["run"], ["prune-it"], ["run", "a", "b"], ["run", "a", "--device", "gpu"]] {
      let outcome = try Billhook.call(arguments)
      #expect(outcome.status == 2, "\(arguments)")
      #expect(outcome.errors.contains("Usage"))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test(arguments: [("a/b.recipe", "run a/b.recipe"), ("chekc", "check"), ("xyzzy", nil)])
  func whatMayHaveBeenMeantIsNamed(word: String, meant: String?) throws {
    let outcome = try Billhook.call([word])
    #expect(outcome.status == 2)
    let line = outcome.errors.split(separator: "\n").last { $0.hasPrefix("did you mean") }
    #expect(line.map(String.init) == meant.map { "did you mean `billhook \($0)`?" })
  }

  @Test func helpAndVersionAreNoMistakes() throws {
    for arguments in [["--help"], ["help", "run"], ["--version"], []] {
      let outcome = try Billhook.call(arguments)
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
      let outcome = try Billhook.call(["check", recipe])
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
        let outcome = try Billhook.call([command, recipe])
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
      let tokens = [String](repeating: "5", count: 65).joined(separator: " ")
      try FileSystem.write(Array(tokens.utf8), to: "\(folder)/long.txt")
      let text = "data long = tokens \"long.txt\" { length = 65 }\nevaluate perplexity on long"
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

  /// A shell makes an empty path of a variable that is not set; it never stands for something else.
  @Test(arguments: [
    ["run", "a.recipe", "--work", ""], ["check", "a.recipe", "--work", ""],
    ["run", "a.recipe", "--tensorboard", ""], ["run", ""], ["check", ""], ["fmt", "a", ""],
    ["clean", ""], ["clean", "--work", ""], ["report", "--work", ""], ["report", "--html", ""],
    ["report", ""], ["inspect", ""], ["generate", ""],
    ["generate", "m", "--prompts", "", "--out", "a"],
    ["generate", "m", "--prompts", "a", "--out", ""],
    ["generate", "m", "--prompts", "a", "--out", "b", "--template", ""], ["bench", "m", ""],
    ["prune", "", "--remove", "1", "--save", "o"], ["prune", "m", "--remove", "1", "--save", ""],
    ["prune", "m", "--remove", "1", "--save", "o", "--on", ""],
    ["prune", "m", "--remove", "1", "--save", "o", "--work", ""], ["explain", "--pages", ""],
    ["new", "plugin", "own", "--in", ""], ["new", "plugin", "own", "--billhook", ""],
  ])
  func emptyPaths(arguments: [String]) throws {
    let outcome = try Billhook.call(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("expected a path, found an empty text"), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  /// What was probably meant stands beside what is not there, and only so many names are looked at.
  @Test func nearNames() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/tiny")
      try FileSystem.write(Array("model \"tiny\"\n".utf8), to: "\(folder)/own.recipe")
      for command in ["inspect", "generate", "bench"] {
        let outcome = try Billhook.call([command, "\(folder)/tinny"])
        #expect(
          outcome.errors
            == "error: \(folder)/tinny: does not exist; did you mean \(folder)/tiny?\n"
        )
      }
      let recipe = try Billhook.call(["check", "\(folder)/onw.recipe"])
      #expect(recipe.errors.contains("did you mean \(folder)/own.recipe?"), "\(recipe.errors)")
      let other = try Billhook.call(["inspect", "\(folder)/nothing-like-it"])
      #expect(other.errors == "error: \(folder)/nothing-like-it: does not exist\n")
    }
  }

  /// Whoever cannot write beside the recipe is told of `--work`.
  @Test func aWorkFolderThatCannotBeWritten() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe("evaluate perplexity on windows", in: folder)
      try FileSystem.write([1], to: "\(folder)/.billhook")
      for command in ["check", "run"] {
        let outcome = try Billhook.call([command, recipe])
        #expect(outcome.status == 1)
        #expect(
          outcome.errors.contains(
            ".billhook is not a folder; name another work folder with --work DIR"
          ),
          "\(outcome.errors)"
        )
      }
    }
  }
}
