import BillhookCore
import Testing
import TestSupport

/// `evaluate samples` in a recipe, as a user runs it.
@Suite struct SamplesTests {
  static let model = "\(Fixture.repository)/Examples/Models/tiny"

  private func run(_ statements: String, in folder: String) throws -> Billhook.Outcome {
    let recipe = "\(folder)/test.recipe"
    try FileSystem.write(Array("model \"\(Self.model)\"\n\(statements)".utf8), to: recipe)
    return try Billhook.call(["run", recipe, "--wide"])
  }

  private func rows(_ folder: String) throws -> [JSON] {
    let name = try #require(try FileSystem.names(in: "\(folder)/.billhook/runs").sorted().last)
    let file = "\(folder)/.billhook/runs/\(name)/report.json"
    return try #require(try JSON(parsing: try Fixture.text(file).utf8)["rows"]?.array)
  }

  @Test func answersStandSideBySide() throws {
    try Fixture.withFolder { folder in
      let samples = #"evaluate samples { prompts = ["Tom has", "The sun is"], tokens = 6 }"#
      let run = try run(
        "always { \(samples) }\nprune block { remove [4, 5, 6] }",
        in: folder
      )
      #expect(run.status == 0, "\(run.errors)")
      let rows = try rows(folder)
      #expect(rows.count == 2)
      for (number, prompt) in ["Tom has", "The sun is"].enumerated() {
        let answers = rows.compactMap { $0["samples"]?.array?[number]["answer"]?.string }
        #expect(answers.count == 2)
        #expect(rows.allSatisfy { $0["samples"]?.array?[number]["prompt"]?.string == prompt })
        // What the command for it says of the opened model, alone.
        let alone = try Billhook.call(
          ["generate", Self.model, prompt, "--max-tokens", "6", "--quiet"]
        )
        #expect(alone.output == prompt + answers[0] + "\n", "\(alone.output)")
        #expect(run.output.contains("prompt: \(prompt)"))
      }
      #expect(run.output.contains("  as opened: "))
      #expect(run.output.contains("repetition 2x6"))
      let again = try self.run(
        "always { \(samples) }\nprune block { remove [4, 5, 6] }",
        in: folder
      )
      #expect(again.errors.contains("3 of 3 steps were done before"), "\(again.errors)")
      #expect(try self.rows(folder).map { $0["samples"] } == rows.map { $0["samples"] })
    }
  }

  /// The same prompts with other settings are other samples, whose names and answers say so.
  @Test func settingsAreToldApart() throws {
    try Fixture.withFolder { folder in
      func samples(_ rest: String) -> String {
        #"evaluate samples { prompts = ["Tom has"], tokens = 2\#(rest) }"#
      }
      let run = try run(
        [samples(""), samples(", temperature = 1"), samples(", temperature = 1, seed = 5")]
          .joined(separator: "\n"),
        in: folder
      )
      #expect(run.status == 0, "\(run.errors)")
      let metrics = try rows(folder).flatMap { $0["metrics"]?.array ?? [] }
      #expect(
        metrics.compactMap { $0["name"]?.string } == [
          "repetition 1x2", "repetition 1x2 T=1.0 (seed = 0)", "repetition 1x2 T=1.0 (seed = 5)",
        ]
      )
      for settings in ["temperature = 0.0, seed = 0", "temperature = 1.0, seed = 5"] {
        #expect(run.output.contains("  as opened (\(settings)): "), "\(run.output)")
      }
    }
  }

  /// Other seeds draw other answers, the same seed the same.
  @Test func promptsMayStandInAFile() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("Tom has\n\nThe sun is\n".utf8), to: "\(folder)/prompts.txt")
      func answers(_ seed: Int) throws -> [String] {
        let run = try run(
          """
          evaluate samples { file = "prompts.txt", tokens = 12, temperature = 1.5, seed = \(seed) }
          """,
          in: folder
        )
        #expect(run.status == 0, "\(run.errors)")
        return try rows(folder)[0]["samples"]?.array?.compactMap { $0["answer"]?.string } ?? []
      }
      let first = try answers(1)
      #expect(first.count == 2)
      #expect(try answers(2) != first)
      try FileSystem.remove("\(folder)/.billhook")
      #expect(try answers(1) == first)
    }
  }
}
