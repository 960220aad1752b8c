import BillhookCore
import Foundation
import Testing
import TestSupport

/// `billhook check`, as a user calls it.
@Suite struct CheckTests {
  static let recipe = """
    evaluate perplexity on windows
    prune block on windows { by ppl, remove 1, rescore every 1 }
    evaluate perplexity on windows
    save "out/pruned"
    """

  private func lines(_ arguments: [String]) throws -> [Substring] {
    let outcome = try Billhook.run(["check"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n")
  }

  /// A directory in place of a recipe: what is in it is named.
  @Test(arguments: ["check", "run"])
  func aDirectoryIsNoRecipe(command: String) throws {
    try Fixture.withFolder { folder in
      func said() throws -> String { try Billhook.call([command, folder]).errors }
      let empty = try said()
      #expect(empty == "error: \(folder): is a directory, and a recipe is a file\n")
      for name in ["b.recipe", "a.recipe", "notes.txt"] {
        try FileSystem.write([], to: "\(folder)/\(name)")
      }
      let full = try said()
      #expect(full.contains("a recipe is a file; in it are a.recipe, b.recipe\n"), "\(full)")
    }
  }

  @Test func whatIsDoneIsSaidAndNothingIsMade() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      #expect(try lines([recipe]).allSatisfy { !$0.contains("done") })
      #expect(!FileSystem.exists("\(folder)/.billhook"))

      #expect(try Billhook.run(["run", recipe]).status == 0)
      // Also while somebody has the folder.
      let lock = try FileLock("\(folder)/.billhook/lock")
      let after = try lines([recipe])
      #expect(after.count { $0.hasSuffix("; done before") } == 4, "\(after)")
      #expect(after.contains { $0.contains("what goes: block ") })
      #expect(try lines([recipe, "--threads", "7"]).allSatisfy { !$0.contains("done") })
      #expect(try lines([recipe, "--work", "\(folder)/w"]).allSatisfy { !$0.contains("done") })
      withExtendedLifetime(lock) {}

      _ = try Billhook.recipe(Self.recipe.replacing("remove 1", with: "remove 2"), in: folder)
      try FileSystem.remove("\(folder)/out")
      let more = try lines([recipe])
      #expect(more.count { $0.hasSuffix("; done before") } == 1, "\(more)")
    }
  }

  /// What is left of the blocks is shown as far as it is known, and after a run all of it.
  @Test func whatIsLeftIsShown() throws {
    try Fixture.withFolder { folder in
      let text = """
        branch "named" {
          prune block { remove [1] }
          save "out/named"
        }
        branch "uniform" {
          prune mlp_channel { by magnitude, remove 25% }
          save "out/uniform"
        }
        branch "depth" {
          prune block on windows { by ppl, remove 1 }
          save "out/depth"
        }
        branch "global" {
          prune mlp_channel { by magnitude, remove 25%, allocate global }
          save "out/global" { architecture = custom }
        }
        """
      let recipe = try Billhook.recipe(text, in: folder)
      func left() throws -> [String] {
        try lines([recipe]).compactMap { line in
          line.firstRange(of: "left: ").map { String(line[$0.upperBound...]) }
        }
      }
      let before = try left()
      #expect(
        before == [
          "blocks 3 of 4 (0, 2..3); heads 4/2 x3; channels 56 x3",
          "blocks all 4; heads 4/2 x4; channels 42 x4",
          "blocks 3 of 4; heads 4/2 x3; channels 56 x3",
        ]
      )
      #expect(try Billhook.run(["run", recipe]).status == 0)
      let after = try left()
      #expect(after.count == 4 && Array(after.prefix(2)) == Array(before.prefix(2)), "\(after)")
      #expect(after[2].hasPrefix("blocks 3 of 4 (") && after[2].hasSuffix(before[2].dropFirst(13)))
      #expect(after[3].hasPrefix("blocks all 4; heads 4/2 x4; channels "))
      let shown = try lines([recipe])
      #expect(shown.contains { $0.contains("asked 56 units, reached 56") }, "\(shown)")
      #expect(shown.contains { $0.contains("what goes: block 1") })
    }
  }

  /// With as many units of each block, what goes may be far from what was asked for.
  @Test func anAmountThatEvenSharesMissIsAWarning() throws {
    try Fixture.withFolder { folder in
      func warnings(_ clauses: String) throws -> String {
        let text =
          "prune mlp_channel { by magnitude, \(clauses) }\nsave \"o\" { architecture = custom }"
        let outcome = try Billhook.call(["check", try Billhook.recipe(text, in: folder)])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.errors
      }
      // Four blocks of 56 channels: 1 % are 2 of 224, and four is the least that all blocks can lose alike.
      let missed = try warnings("remove 1%")
      #expect(
        missed.contains(
          "warning[W0405]: `remove 1%` is 2 of 224 units, and 4 go: `allocate uniform` takes as many "
            + "of each block; `allocate global` takes one by one"
        ),
        "\(missed)"
      )
      for met in ["remove 2%", "remove 1%, allocate global"] {
        let warnings = try warnings(met)
        #expect(!warnings.contains("W0405"), "\(warnings)")
      }
    }
  }

  /// Where scores decide how much goes, a range is shown, and after a run what went.
  @Test func aRangeWhereScoresDecide() throws {
    try Fixture.withFolder { folder in
      let text = """
        prune [attention_head, mlp_channel] { by magnitude, remove 20% of parameters, allocate global }
        evaluate perplexity on windows
        """
      let recipe = try Billhook.recipe(text, in: folder)
      #expect(try lines([recipe]).contains { $0.contains("as the scores will have it") })
      #expect(try Billhook.run(["run", recipe]).status == 0)
      let after = try lines([recipe])
      #expect(!after.contains { $0.contains("as the scores will have it") })
      #expect(after.contains { $0.contains("asked ") && $0.contains(" parameters, reached ") })
    }
  }

  /// Of several kinds that share a budget, those that lose nothing are not listed.
  @Test func onlyWhatGoesIsListed() throws {
    try Fixture.withFolder { folder in
      let text = """
        prune [attention_head, mlp_channel] { by magnitude, remove 2% of parameters, allocate global }
        evaluate perplexity on windows
        """
      let recipe = try Billhook.recipe(text, in: folder)
      #expect(try Billhook.run(["run", recipe]).status == 0)
      let found = try lines([recipe]).compactMap { line in
        line.firstRange(of: "what goes: ").map { line[$0.upperBound...] }
      }
      #expect(found.count == 1 && found.first?.hasPrefix("mlp_channel ") == true, "\(found)")
    }
  }

  @Test func memoryIsEstimatedForEachStep() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let found = try lines([recipe])
      #expect(
        found.count { $0.contains(#/; working memory (about|at least) /#) } == 4,
        "\(found)"
      )
      let last = Array(found.suffix(2))
      #expect(last.first?.hasPrefix("memory   ") == true)
      #expect(last.first?.contains("this machine has ") == true)
      #expect(last.last?.hasPrefix("disk     about ") == true)
    }
  }
}
