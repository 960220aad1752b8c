import BillhookCore
import BillhookPipeline
import Testing
import TestSupport

/// Accuracy on tasks, as a user calls it.
@Suite struct TaskRunTests {
  private static let rows = """
    {"beginning": "Then the string broke, and the kite got stuck in a tall", "ends": ["pine.", "cake."], "right": 0}
    {"beginning": "From that day on, they were the best of", "ends": ["kites.", "friends."], "right": 1}
    {"beginning": "One cold day, she heard a soft", "ends": ["cry.", "soup.", "owl."], "right": 0}

    """

  private func withRecipe(_ statements: String, _ body: (String, String) throws -> Void) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(Self.rows.utf8), to: "\(folder)/ends.jsonl")
      let recipe = """
        model "\(Fixture.tinyModel)"
        data ends = task "ends.jsonl" { query = "{beginning}", choices = "ends", gold = "right" }
        data words = task "ends.jsonl" {
          query = "{beginning}", answer = "{ends.0}", stop = ["\\n", "<"], pattern = "[a-z]+."
        }
        \(statements)

        """
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/tasks.recipe")
      try body("\(folder)/tasks.recipe", folder)
    }
  }

  @Test func tablesHaveStandardErrors() throws {
    try withRecipe("evaluate accuracy on ends\nevaluate exact_match on words { tokens = 4 }") {
      recipe,
      folder in
      let checked = try Billhook.call(["check", recipe])
      #expect(checked.output.contains("3 questions, 7 answers, "))
      #expect(checked.output.contains("data     words: "))
      let run = try Billhook.call(["run", recipe])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("acc ends"))
      #expect(run.output.contains(" ± "))
      #expect(run.output.contains("acc ends, acc_norm ends: 3 questions of ends.jsonl, BOS first"))
      let table = run.output.split(separator: "\n")
      #expect(table.allSatisfy { $0.count <= 80 || $0.hasPrefix("details") })
      let work = ["--work", "\(folder)/.billhook"]
      let csv = try Billhook.call(["report", "--csv"] + work).output.split(separator: "\n")
      let metrics = ["acc ends", "acc_norm ends", "exact_match words"]
      let heads = ["model", "parameters", "bytes"] + metrics.flatMap { [$0, "\($0) error"] }
      #expect(try #require(csv.first) == (heads + ["measuring_seconds"]).joined(separator: ","))
      let first = try #require(csv.dropFirst().first).split(separator: ",").map(String.init)
      #expect(first.count == 10)
      #expect(first.dropFirst(3).dropLast().allSatisfy { Double($0) != nil })

      // Everything that was measured is found again, with its error.
      let again = try Billhook.call(["run", recipe])
      #expect(again.output.split(separator: "\n").dropLast() == table.dropLast())
      #expect(try Billhook.call(["check", recipe]).output.contains("done before"))
    }
  }

  /// What ends a text decides what a model writes, so it is a part of what is found again; of
  /// log-likelihoods it is not.
  @Test func whatEndsATextIsAPartOfTheKey() throws {
    try withRecipe("evaluate accuracy on ends\nevaluate exact_match on words { tokens = 4 }") {
      recipe,
      folder in
      let model = "\(folder)/model"
      try FileSystem.makeDirectory(model)
      for name in try FileSystem.names(in: Fixture.tinyModel) {
        try FileSystem.write(
          FileSystem.read("\(Fixture.tinyModel)/\(name)"),
          to: "\(model)/\(name)"
        )
      }
      let text = try Fixture.text(recipe).replacing(Fixture.tinyModel, with: model)
      try FileSystem.write(Array(text.utf8), to: recipe)
      func known() throws -> Int {
        try Billhook.call(["check", recipe]).output.split(separator: "\n")
          .count { $0.contains("done before") }
      }
      #expect(try Billhook.call(["run", recipe]).status == 0)
      #expect(try known() == 2)
      let ends = #"{"bos_token_id": 0, "eos_token_id": [1, 2]}"#
      try FileSystem.write(Array(ends.utf8), to: "\(model)/generation_config.json")
      #expect(try known() == 1)
    }
  }

  /// A measurement is that of a file and of all settings.
  @Test func anotherSettingIsAnotherMeasurement() throws {
    try withRecipe("evaluate accuracy on ends") { recipe, folder in
      #expect(try Billhook.call(["run", recipe]).status == 0)
      func isKnown() throws -> Bool {
        try Billhook.call(["check", recipe]).output.contains("done before")
      }
      #expect(try isKnown())
      let text = try Fixture.text(recipe)
      for setting in ["bos = none", "samples = 2", "samples = 3, seed = 1"] {
        let changed = text.replacing("gold = \"right\" }", with: "gold = \"right\", \(setting) }")
        try FileSystem.write(Array(changed.utf8), to: recipe)
        #expect(try !isKnown())
      }
      try FileSystem.write(Array(text.utf8), to: recipe)
      #expect(try isKnown())
      let rows = Self.rows.replacing("cake", with: "lake")
      try FileSystem.write(Array(rows.utf8), to: "\(folder)/ends.jsonl")
      #expect(try !isKnown())
    }
  }
}
