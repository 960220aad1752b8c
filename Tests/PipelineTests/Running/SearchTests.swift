@testable import BillhookFiles
@testable import BillhookPipeline
import BillhookCore
import BillhookModels
import TestSupport
import Testing

/// Recipes that search which units go: what they leave, what they say of it, and what is found again.
@Suite struct SearchTests {
  static let searches = [
    "evolution { generations = 3, population = 8, parents = 3, mutations = 4, crossovers = 2 }",
    "policy_gradient { steps = 6, batch = 3, learning_rate = 0.1 }",
  ]

  private func run(_ text: String, in folder: String) throws -> TinyRun {
    try FileSystem.makeDirectory(folder)
    return try TinyRun(text, in: folder)
  }

  private func lines(_ folder: String, _ name: String) throws -> [JSON] {
    let runs = try FileSystem.names(in: "\(folder)/work/runs").sorted()
    let last = try #require(runs.last)
    let bytes = try FileSystem.read("\(folder)/work/runs/\(last)/search-\(name).jsonl")
    return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) }
  }

  @Test(arguments: searches)
  func theBestIsCutAndReported(search: String) throws {
    try Fixture.withFolder { folder in
      let text = """
        prune [attention_head, mlp_channel] on windows {
          by wanda_sp, remove 25%, keep first 1, search \(search)
        }
        evaluate perplexity on windows
        save "OUT" { architecture = custom }
        """
      let report = try run(text, in: folder).report()
      #expect(report.failures.isEmpty)
      let opened = try Golden("llama-gqa").model
      let saved = try LanguageModel(opening: "\(folder)/out")
      let removed = try #require(report.removals.first).removed
      // A quarter of each kind over the whole model: 8 KV groups, 224 channels.
      #expect(removed["attention_head"]?.count == 2 && removed["mlp_channel"]?.count == 56)
      #expect(removed["attention_head"]?.allSatisfy { $0 >= 2 } == true)
      #expect(removed["mlp_channel"]?.allSatisfy { $0 >= 56 } == true)
      #expect(saved.parameterCount == report.rows.last?.parameters)
      #expect(saved.parameterCount < opened.parameterCount)
      let found = try #require(report.searches.first)
      #expect(found.search.hasPrefix(search.prefix { $0 != " " }))
      #expect(!found.outcome.curve.isEmpty)
      #expect(found.outcome.isVain || found.outcome.answer < found.outcome.start)
      // What was measured of the answer is the loss of the model that was cut.
      let name = String(search.prefix { $0 != " " })
      let steps = try lines(folder, name)
      #expect(steps.count == (name == "evolution" ? 3 : 6))
      let losses = steps.compactMap { $0["losses"]?.array }
      #expect(losses.count == steps.count && losses.allSatisfy { !$0.isEmpty })
      let all = losses.joined().compactMap(\.double)
      #expect(all.count + 2 == found.outcome.evaluations)
      if name == "evolution" { #expect(all.min() == found.outcome.answer) }
      // The report reads as it was written.
      let runs = try FileSystem.names(in: "\(folder)/work/runs").sorted()
      let path = "\(folder)/work/runs/\(runs[0])/report.json"
      if FileSystem.exists(path) { #expect(try Report(contentsOf: path) == report) }
    }
  }

  @Test(arguments: searches)
  func searchesAreFoundAgain(search: String) throws {
    try Fixture.withFolder { folder in
      let text = "prune mlp_channel on windows { by wanda_sp, remove 20%, search \(search) }"
      let first = try run(text, in: folder)
      let name = String(search.prefix { $0 != " " })
      let before = try first.forecast().entries[0]
      #expect(before.outlook == .ahead)
      #expect(before.stages.contains { $0.hasPrefix("search \(name)") })
      let report = try first.report()
      #expect(report.failures.isEmpty)
      #expect(try first.forecast().entries[0].outlook == .doneBefore)
      let again = try first.report()
      #expect(again.removals == report.removals && again.searches == report.searches)
      // Nothing is left of what a stopped search would go on from.
      let evidence = "\(folder)/work/evidence"
      #expect(try !FileSystem.exists(evidence) || FileSystem.names(in: evidence).isEmpty)
      // Another seed, another amount or other data is another search by the same scores.
      let marker = "{ "
      let seed = try run(
        text.replacing("\(name) \(marker)", with: "\(name) \(marker)seed = 1, "),
        in: folder
      )
      let entry = try seed.forecast().entries[0]
      #expect(entry.outlook == .ahead && entry.stages.count == 1)
      #expect(try seed.report().searches != report.searches)
      let more = try run(text.replacing("20%", with: "30%"), in: folder).forecast().entries[0]
      #expect(more.outlook == .ahead && more.stages.count == 1)
    }
  }

  @Test func damagedResultsAreSearchedAgain() throws {
    try Fixture.withFolder { folder in
      let text =
        "prune block on windows { by magnitude, remove 1, search evolution { generations = 1 } }"
      let first = try run(text, in: folder)
      let report = try first.report()
      let stages = "\(folder)/work/stages"
      var changed = 0
      for name in try FileSystem.names(in: stages) {
        let path = "\(stages)/\(name)"
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        guard text.contains("\"gone\"") else { continue }
        try FileSystem.write(Array(text.replacing("\"gone\"", with: "\"went\"").utf8), to: path)
        changed += 1
      }
      #expect(changed == 1)
      #expect(try first.forecast().entries[0].outlook == .ahead)
      #expect(try first.report().removals == report.removals)
    }
  }

  /// Blocks, KV groups and channels share a budget of parameters, and what stays can be repaired.
  @Test func depthAndWidthAreSearchedTogether() throws {
    try Fixture.withFolder { folder in
      let text = """
        prune [block, attention_head, mlp_channel] on windows {
          by magnitude
          remove 30% of parameters
          search evolution {
            generations = 4, population = 10, parents = 3, mutations = 5, crossovers = 3
            blocks = [0.5, 1], heads = [0.5, 1], channels = [0.2, 1], depth_probability = 0.5
          }
          repair admm
        }
        evaluate perplexity on windows
        save "OUT" { architecture = custom }
        """
      let report = try run(text, in: folder).report()
      #expect(report.failures.isEmpty, "\(report.failures)")
      let opened = try Golden("llama-gqa").model
      let saved = try LanguageModel(opening: "\(folder)/out")
      let gone = Double(opened.parameterCount - saved.parameterCount)
      // To within half a KV group: 12 · 32 · 6 parameters.
      let (wanted, half): (Double, Double) = (0.3 * Double(opened.parameterCount), 12 * 32 * 6 / 2)
      #expect(abs(gone - wanted) <= half)
      #expect(saved.parameterCount == report.rows.last?.parameters)
    }
  }

  @Test func whatEvaluatesHowMuchIsInTheOutline() throws {
    try Fixture.withFolder { folder in
      let text = "prune block on windows { by magnitude, remove 1, search evolution }"
      let plan = try run(text, in: folder).plan
      let step = try #require(plan.steps.first as? PruneStep)
      var course = PruningCourse(try Golden("llama-gqa").model)
      let lines = try step.details(nil, &course, StepNeeds(plan.inputs))
      #expect(
        lines.contains("search: 50 steps of 100 candidates, 5002 evaluations at most on 5 windows"),
        "\(lines)"
      )
      #expect(course.model.blocks.count == 3)
      #expect(step.line(plan.inputs).contains(", search evolution on windows"))
    }
  }
}
