import BillhookCore
import BillhookPipeline
import Foundation
import Testing
import TestSupport

/// What was computed once is not computed again, and nothing else is taken for it.
@Suite struct ResumeTests {
  static let sweep = """
    let cuts = [1, 2]
    always { evaluate perplexity on windows }
    each criterion in [ppl, magnitude] {
      each cut in $cuts {
        prune block on windows { by $criterion, remove $cut }
      }
    }
    """

  private func stages(_ outcome: Billhook.Outcome) -> (computed: Int, known: Int) {
    let lines = outcome.errors.split(separator: "\n")
    // Lines of a branch begin with it.
    let ofInterest = lines.filter { $0.contains(#/^(\[.*\] )?(evidence|evaluate) /#) }
    let known = lines.filter { $0.hasSuffix("(known)") }
    return (ofInterest.count { !$0.hasSuffix("(known)") }, known.count)
  }

  @Test func aSweepScoresEachCriterionOnce() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.sweep, in: folder)
      let first = try Billhook.call(["run", recipe])
      #expect(first.status == 0, "\(first.errors)")
      // Two criteria, the opened model, and two to four models without one and two blocks, which may be
      // the same for both criteria.
      let expected: ClosedRange<Int> = 5...7
      #expect(expected.contains(stages(first).computed), "\(first.errors)")
      let rows = first.output.split(separator: "\n").filter { $0.contains("by ") }
      #expect(rows.count == 4)
      #expect(rows[0].contains(#/^ppl +1 +- 1 block by ppl /#))

      let second = try Billhook.call(["run", recipe])
      #expect(second.status == 0)
      #expect(stages(second).computed == 0, "\(second.errors)")
      func table(_ outcome: Billhook.Outcome) -> [Substring] {
        outcome.output.split(separator: "\n").filter { !$0.hasPrefix("details") }
      }
      #expect(table(second) == table(first))

      let other = try Billhook.call(["run", recipe, "--let", "cuts=[1]"])
      #expect(other.status == 0, "\(other.errors)")
      #expect(stages(other).computed == 0, "\(other.errors)")
    }
  }

  @Test func whatItDependsOnIsNoticed() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe("evaluate perplexity on windows", in: folder)
      #expect(stages(try Billhook.run(["run", recipe])).computed == 1)
      #expect(stages(try Billhook.run(["run", recipe])).computed == 0)
      // Touched, and the same.
      let windows = "\(folder)/windows.txt"
      let bytes = try FileSystem.read(windows)
      try FileSystem.write(bytes, to: windows)
      #expect(stages(try Billhook.run(["run", recipe])).computed == 0)
      // Changed.
      try FileSystem.write(Array("2 3 4 5\n".utf8), to: windows)
      #expect(stages(try Billhook.run(["run", recipe])).computed == 1)
      // Another number of threads may give other last bits.
      #expect(stages(try Billhook.run(["run", recipe, "--threads", "7"])).computed == 1)
    }
  }

  @Test func aTrainingThatBeginsAnewSaysWhy() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        "recover cpt on windows { steps = 1 }\nevaluate perplexity on windows",
        in: folder
      )
      let first = try Billhook.run(["run", recipe, "--threads", "1"])
      #expect(first.status == 0 && !first.errors.contains("the same training"), "\(first.errors)")
      let note =
        "the same training was finished under other conditions: threads 1, now 2; these change the "
        + "last digits, so it begins anew; `--threads 1` goes on with it"
      let check = try Billhook.run(["check", recipe, "--threads", "2"])
      #expect(check.output.contains("note: \(note)\n"), "\(check.output)")
      let second = try Billhook.run(["run", recipe, "--threads", "2"])
      #expect(
        second.errors.contains("note: recover cpt { steps = 1 }: \(note)\n"),
        "\(second.errors)"
      )
      for threads in ["1", "2"] {
        let again = try Billhook.run(["run", recipe, "--threads", threads])
        let lines = again.errors.split(separator: "\n")
        #expect(
          lines.contains { $0.contains(": trained before") && $0.hasSuffix("(known)") },
          "\(again.errors)"
        )
        #expect(!again.errors.contains("the same training"))
      }
    }
  }

  @Test func aFailedBranchLetsTheOthersGoOn() throws {
    try Fixture.withFolder { folder in
      // Which units the file has to name is known only when others have gone.
      try FileSystem.write(Array("unit,score\n0,1\n".utf8), to: "\(folder)/few.csv")
      let recipe = try Billhook.recipe(
        """
        branch "bad" { prune block { by magnitude, remove 1 }
          prune block { by scores "few.csv", remove 1 } }
        branch "good" { evaluate perplexity on windows }
        """,
        in: folder
      )
      let outcome = try Billhook.call(["run", recipe])
      #expect(outcome.status == 3, "\(outcome.errors)")
      #expect(outcome.output.contains("good, as opened"))
      #expect(outcome.errors.contains("test.recipe:4:3"), "\(outcome.errors)")
      #expect(outcome.errors.contains("in branch bad"), "\(outcome.errors)")
    }
  }

  @Test func aFolderInUseIsRefused() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe("evaluate perplexity on windows", in: folder)
      _ = try WorkFolder("\(folder)/.billhook")
      let lock = open("\(folder)/.billhook/lock", O_RDWR | O_CREAT, 0o644)
      defer { close(lock) }
      #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
      let outcome = try Billhook.call(["run", recipe])
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("is in use by another run"))
      #expect(outcome.errors.contains("--work"))
    }
  }

  @Test func aTextInThePlaceOfATextNeedsNoQuotes() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        "let place = \"out/a\"\nlet cut = 1\nprune block { by magnitude, remove $cut }\nsave $place",
        in: folder
      )
      for (value, path) in [
        ("place=new/b c", "new/b c"), ("place=\"q\"", "q"), ("place=9", "9"), ("place=$x", "$x"),
      ] {
        let outcome = try Billhook.call(["run", recipe, "--let", value])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(FileSystem.exists("\(folder)/\(path)/config.json"), "\(value)")
      }
    }
  }

  @Test func letsThatCannotBeReplaced() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        "let cut = 1\nprune block { by magnitude, remove $cut }",
        in: folder
      )
      for (value, says) in [
        ("cat=2", "did you mean cut?"), ("cut", "name=value"), ("cut=", "is not a value"),
        ("cut=[1,", "is not a value"),
      ] {
        let outcome = try Billhook.call(["run", recipe, "--let", value])
        #expect(outcome.status == 2, "\(value)")
        #expect(outcome.errors.contains(says), "\(outcome.errors)")
      }
      let outcome = try Billhook.call(["check", recipe, "--let", "cut=[1, 9..3]"])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("test.recipe:3:11"), "\(outcome.errors)")
    }
  }
}
