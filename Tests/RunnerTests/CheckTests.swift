import BillhookModels
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

  @Test func memoryIsEstimatedForEachStep() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let found = try lines([recipe])
      #expect(
        found.count { $0.contains(#/; working memory (about|at least) /#) } == 4,
        "\(found)"
      )
      #expect(found.last?.hasPrefix("memory   ") == true)
      #expect(found.last?.contains("this machine has ") == true)
    }
  }
}
