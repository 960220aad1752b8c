import BillhookCore
import Testing
import TestSupport

/// `evaluate speed` in a recipe, as a user runs it; how long anything takes is never looked at.
@Suite struct SpeedTests {
  static let recipe = """
    always { evaluate speed { batch = 2, prompt = 3, output = 4, warmup = 0, repeat = 3 } }
    prune block { by magnitude, remove 1 }
    evaluate speed { prompt = 3, output = 1, repeat = 1 }
    evaluate perplexity on windows
    """

  static let columns = [
    "first token ms 2x3+4", "ms a token 2x3+4", "tokens/s 2x3+4", "first token ms 1x3+1",
    "tokens/s 1x3+1", "perplexity windows",
  ]

  @Test func aSpeedStandsInTableAndReport() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let run = try Billhook.run(["run", recipe, "--wide"])
      #expect(run.status == 0, "\(run.errors)")
      for name in Self.columns { #expect(run.output.contains(name)) }
      #expect(
        run.output.contains(
          "tokens/s 2x3+4: batch 2, 3 random tokens in, 4 out; median of 3 runs [quartiles]; "
        )
      )
      let name = try #require(try FileSystem.names(in: "\(folder)/.billhook/runs").first)
      let file = "\(folder)/.billhook/runs/\(name)/report.json"
      let report = try JSON(parsing: try Fixture.text(file).utf8)
      let rows = try #require(report["rows"]?.array)
      #expect(rows.count == 4)
      for metric in rows.prefix(3).flatMap({ $0["metrics"]?.array ?? [] }) {
        let quartiles = try #require(metric["quartiles"]?.array)
        let bounds = quartiles.compactMap(\.double)
        let value = try #require(metric["value"]?.double)
        #expect(bounds.count == 2)
        #expect(bounds[0] <= value && value <= bounds[1] && value > 0)
      }
      #expect(rows[3]["metrics"]?.array?.first?["quartiles"] == nil)
    }
  }

  /// What was measured on this machine is shown as it was; other threads measure anew.
  @Test func aSpeedIsFoundAgain() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let first = try Billhook.run(["run", recipe])
      let second = try Billhook.run(["run", recipe])
      func table(_ outcome: Billhook.Outcome) -> [Substring] {
        outcome.output.split(separator: "\n").filter { !$0.hasPrefix("details") }
      }
      #expect(table(second) == table(first))
      #expect(second.errors.contains("5 of 5 steps were done before"), "\(second.errors)")
      let found = try Billhook.run(["check", recipe]).output.split(separator: "\n")
      #expect(found.count { $0.hasPrefix("evaluate speed") && $0.contains("done before") } == 3)
      let other = try Billhook.run(["check", recipe, "--threads", "7"]).output
      #expect(!other.contains("done before"))
      #expect(other.contains("evaluate speed { batch = 2, prompt = 3, output = 4, warmup = 0"))
      #expect(other.contains("; working memory about "))
    }
  }
}
