import BillhookModels
import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookResolver
import Foundation
import TestSupport
import Testing

/// Plugins that go wrong: who is named, and what is left of everything before.
@Suite struct PluginMistakeTests {
  /// Checks a recipe, and runs it where nothing is wrong.
  private func outcome(of text: String, in folder: String) throws
    -> (Report?, [Diagnostic], SourceText)
  {
    let golden = try Golden("llama-gqa")
    try FileSystem.write(Array(TokenFile.text(golden.tokens).utf8), to: "\(folder)/windows.txt")
    let recipe = """
      model "\(golden.model.directory.path)"
      data windows = tokens "windows.txt"

      """ + text
    let registry = try Registry(
      BuiltinPlugins.all + [
        FaultyScores.self, FaultySaliency.self, FaultyEvidence.self, FaultyEvidence.Asking.self,
        FaultyRepair.self, FaultyRecovery.self, Throwing.Measure.self, Throwing.Source.self,
        Throwing.Writer.self, Misdescribed.Blocks.self, Misdescribed.Moves.self,
      ]
    )
    let source = SourceText(name: "test.recipe", text: recipe)
    let resolved = Resolver.resolve(Recipe.parse(source).recipe, registry: registry, folder: folder)
    guard let plan = resolved.plan else { return (nil, resolved.diagnostics, source) }
    // That nobody measures the result is no mistake of a plugin.
    let checked = PlanCheck.diagnostics(of: plan).filter { $0.severity == .error }
    guard checked.isEmpty else { return (nil, checked, source) }
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let context = RunContext(scratch: runs.scratch)
    do {
      return (try Pipeline(plan, context, work, runs, build: "test").run(), [], source)
    } catch let error as StepError {
      return (nil, [Diagnostic(error)], source)
    }
  }

  /// What is said about a recipe: the message, and the notes after it.
  private func said(about text: String) throws -> [String] {
    try Fixture.withFolder { folder in
      let diagnostics = try outcome(of: text, in: folder).1
      #expect(diagnostics.count == 1)
      return diagnostics.flatMap { [$0.message] + $0.notes.map(\.message) }
    }
  }

  @Test(arguments: PluginMistake.cases)
  func pluginUnitAndStageAreNamed(mistake: PluginMistake.Case) throws {
    let said = try said(about: mistake.recipe)
    #expect(said.first == mistake.message)
    // A save is named by its whole path, which is another one each time.
    let stages = said.dropFirst().map { $0.replacing(/save .*\/out/, with: "save out") }
    #expect(stages == ["in the stage `\(mistake.stage)`"])
  }

  @Test func dataIsNamedBeforeAllStages() throws {
    let said = try said(about: "data other = throwing\nevaluate perplexity on other")
    #expect(said == ["data source `throwing`, data `other`: it broke"])
  }

  @Test(arguments: [
    ("block", "block 4: the model has no such block"), ("empty", "block 0: has no units; leave"),
    ("places", "block 0: places have to be in ascending order, found [\"1\", \"0\"]"),
    ("sets", "block 0: 1 units cannot be at least 0, in 0 equal sets, as a multiple of 1"),
    ("multiple", "block 0: 1 units cannot be at least 0, in 1 equal sets, as a multiple of 0"),
    ("weight", "block 0: there is no weight block 0 up_bias"),
    (
      "rows", "block 0: 1 units with 1 rows or columns each do not fill dimension 5 of block 0 down"
    ),
  ])
  func unitsThatDoNotFitAreFoundByCheck(mistake: String, message: String) throws {
    let said = try said(
      about: "prune misdescribed { by magnitude, remove 1, mistake = \(mistake) }"
    )
    #expect(said.count == 1)
    let name = mistake == "block" ? "misdescribed" : "misdescribed { mistake = \(mistake) }"
    #expect(said.first?.contains("pruning unit `\(name)`, \(message)") == true, "\(said)")
  }

  @Test func movesThatTakeNothingThereAreFoundByCheck() throws {
    let said = try said(about: "prune block { by magnitude, remove 2, allocate misdescribed }")
    #expect(
      said == ["allocation `misdescribed`: a move takes ranking 4, but there are only 4"]
    )
  }

  /// The message, as it is shown.
  @Test func oneIsShownWithItsPlace() throws {
    try Fixture.withFolder { folder in
      let text = "prune mlp {\n  by faulty_saliency { fault = error }\n  remove 1\n}\n"
      let (_, diagnostics, source) = try outcome(of: text, in: folder)
      let shown = DiagnosticRenderer(source: source).render(diagnostics, as: .text(color: false))
      #expect(
        shown == """
          error[E0401]: criterion `faulty_saliency { fault = error }`, block 2 down: it broke
           --> test.recipe:3:1
            |
          3 | prune mlp {
            | ^^^^^^^^^^^
            = note: in the stage `evidence for faulty_saliency { fault = error }`

          """
      )
    }
  }

  /// A branch that fails costs nothing of what was measured before it, nor the branches after it;
  /// when the mistake is mended, only what failed is computed.
  @Test func nothingThatWasDoneIsLost() throws {
    func recipe(_ fault: String) -> String {
      """
      evaluate perplexity on windows
      branch "a" {
        prune block on windows { by ppl, remove 1 }
        prune block { by faulty_scores { fault = \(fault) }, remove 1 }
        evaluate perplexity on windows
      }
      branch "b" {
        prune block { by magnitude, remove 1 }
        evaluate perplexity on windows
      }
      """
    }
    func reused(_ folder: String) throws -> [Bool] {
      try Fixture.text("\(folder)/work/runs/test/journal.jsonl").split(separator: "\n").map {
        $0.contains(/"reused": ?true/)
      }
    }
    try Fixture.withFolder { folder in
      let first = try #require(try outcome(of: recipe("nan"), in: folder).0)
      #expect(first.failures.map(\.branches.label) == ["a"])
      #expect(first.failures.first?.stage == "scores by faulty_scores { fault = nan }")
      #expect(first.rows.count == 2)
      #expect(try reused(folder).allSatisfy { !$0 })
      let kept = try FileSystem.read("\(folder)/work/runs/test/report.json")
      #expect(String(decoding: kept, as: UTF8.self).contains("faulty_scores"))
      try FileSystem.remove("\(folder)/work/runs/test")
      let second = try #require(try outcome(of: recipe("none"), in: folder).0)
      #expect(second.failures.isEmpty && second.rows.count == 3)
      #expect(second.rows.first == first.rows.first && second.rows.last == first.rows.last)
      let journal = try Fixture.text("\(folder)/work/runs/test/journal.jsonl")
      let computed = journal.split(separator: "\n").filter { !$0.contains(/"reused": ?true/) }
      let names = computed.compactMap { $0.firstMatch(of: /"stage": ?"(\w+)/)?.1 }
      // Selections and cuts are replayed each time; they read no weight.
      #expect(
        names.filter { !["selection", "cut"].contains($0) } == ["evidence", "scores", "evaluate"]
      )
    }
  }
}
