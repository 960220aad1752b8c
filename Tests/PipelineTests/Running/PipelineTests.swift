import BillhookModels
import BillhookRecipe
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookPlugins
@testable import BillhookResolver
import Foundation
import Synchronization
import Testing
import TestSupport

/// A recipe from its text to its report, with plugins that are not built in.
@Suite struct PipelineTests {
  /// Multiplies every output projection; what a trainer does to weights, without the training.
  struct Rescale: Recovery {
    static let name = "rescale"
    static let summary = "Multiplies the output projections."
    var factor = 0.5
    static let parameters = [
      Parameter<Rescale>("factor", \.factor, help: "what outputs are multiplied by")
    ]

    func train(
      _ model: LanguageModel,
      on tokens: TokenSet,
      _ context: RecoveryContext
    ) throws -> LanguageModel {
      try Traversal(model, context.run).sequential(tokens, observe: { _, _ in }) { stage in
        BlockChange(weights: [.output: try stage.step.weights.require(.output) * factor])
      }
    }
  }

  /// Scores a block by its number, or by something that is no score.
  struct ByNumber: DirectCriterion {
    static let name = "by_number"
    static let summary = "The number of the block."
    var fault = false
    var falling = false
    static let parameters = [
      Parameter<ByNumber>("fault", \.fault, help: "give no number"),
      Parameter<ByNumber>("falling", \.falling, help: "give later blocks less"),
    ]

    func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
      units.map { unit in
        fault && unit.number == 2 ? .nan : Double(falling ? -unit.number : unit.number)
      }
    }
  }

  /// Blocks, of which the first counts with one norm only.
  struct Lopsided: PruningUnit {
    static let name = "lopsided"
    static let summary = "Blocks that do not cost the same."

    var granularity: UnitGranularity { .block }

    func units(of model: LanguageModel) -> [BlockUnits] {
      Block().units(of: model).map { units in
        BlockUnits(
          kind: Self.name,
          granularity: granularity,
          block: units.block,
          start: units.start,
          places: units.places,
          slices: units.block == 0 ? Array(units.slices.prefix(1)) : units.slices
        )
      }
    }

    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      Block().closing(units, in: gates, of: model)
    }
  }

  private func run(
    _ text: String,
    in folder: String,
    page: (@Sendable (Report) -> String)? = nil
  ) throws -> Report {
    let golden = try Golden("llama-gqa")
    try FileSystem.write(Array(TokenFile.text(golden.tokens).utf8), to: "\(folder)/windows.txt")
    let recipe = """
      model "\(golden.model.directory.path)"
      data windows = tokens "windows.txt"

      """ + text
    let registry = try Registry(BuiltinPlugins.all + [Rescale.self, ByNumber.self, Lopsided.self])
    let parsed = Recipe.parse(SourceText(name: "test.recipe", text: recipe))
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let context = RunContext(scratch: runs.scratch)
    let plan = try #require(resolved.plan)
    return try Pipeline(plan, context, work, runs, build: "test", page: page).run()
  }

  /// However many steps there are, the page is made at the beginning, at the end, and in between so rarely that
  /// it takes no more than a twentieth of the time.
  @Test func thePageIsOfTheWholeRun() throws {
    try Fixture.withFolder { folder in
      let made = Mutex<[(rows: Int, start: ContinuousClock.Instant, end: ContinuousClock.Instant)]>(
        [])
      let branches = (1...9).map { #"branch "\#($0)" { prune block { by by_number, remove 1 } }"# }
      let report = try run(
        (["evaluate perplexity on windows"] + branches).joined(separator: "\n"),
        in: folder,
        page: { report in
          let start = ContinuousClock.now
          Thread.sleep(forTimeInterval: 0.02)
          return made.withLock { made in
            made.append((report.rows.count, start, .now))
            return SealedPage("page \(made.count)\n", by: .report).text
          }
        }
      )
      let pages = made.withLock { $0 }
      #expect(pages.first?.rows == 0)
      #expect(pages.last?.rows == report.rows.count)
      let underWay = pages.dropLast()
      #expect(
        zip(underWay, underWay.dropFirst()).allSatisfy {
          $1.start - $0.end > ($0.end - $0.start) * 20
        }
      )
      let kept = try Fixture.text("\(folder)/work/runs/test/report.html")
      #expect(kept.contains("page \(pages.count)\n"))
    }
  }

  @Test func aRecoveredModelIsMeasuredAndSaved() throws {
    try Fixture.withFolder { folder in
      let report = try run(
        """
        evaluate perplexity on windows
        prune block { by by_number, remove 1 }
        recover rescale on windows { factor = 0.25 }
        evaluate perplexity on windows
        save "\(folder)/out"
        """,
        in: folder
      )
      #expect(report.rows.map(\.label) == ["as opened", "- 1 block by by_number + rescale"])
      let golden = try Golden("llama-gqa")
      #expect(abs((report.rows.first?.metrics.first?.value ?? 0) - exp(golden.loss)) < 1e-3)
      let saved = try LanguageModel(opening: "\(folder)/out")
      let weight = try golden.model.weights.stored(WeightID(.output, block: 3)) * 0.25
      #expect(try saved.weights.stored(WeightID(.output, block: 2)).equals(weight))
      let loss = try Traversal(saved, .testing()).loss(on: golden.tokens)
      #expect(abs(loss.perplexity - (report.rows.last?.metrics.first?.value ?? 0)) < 1e-3)
      // What was written on the way is gone.
      #expect(try !FileSystem.names(in: "\(folder)/work/runs/test").contains("scratch"))
    }
  }

  @Test func aScoreThatIsNoNumberNamesCriterionAndBlock() throws {
    try Fixture.withFolder { folder in
      let error = #expect(throws: StepError.self) {
        try run("prune block { by by_number { fault = true }, remove 1 }", in: folder)
      }
      #expect(error?.message.contains("by_number { fault = true, falling = false }") == true)
      #expect(error?.message.contains("block 2") == true)
    }
  }

  /// One percent of the parameters is less than half of the least important unit, and more than
  /// the cheap one: a round that removes nothing is the last.
  @Test(.timeLimit(.minutes(1))) func roundsEndWhereNothingMoreFits() throws {
    try Fixture.withFolder { folder in
      let report = try run(
        """
        prune lopsided { by by_number { falling = true }, remove 1% of parameters, rescore every 1 }
        evaluate perplexity on windows
        """,
        in: folder
      )
      #expect(report.rows.map(\.label) == ["- 0 lopsideds by by_number"])
    }
  }

  @Test func roundsScoreWhatIsLeft() throws {
    try Fixture.withFolder { folder in
      _ = try run(
        "prune block on windows { by ppl, remove 3, rescore every 2 }",
        in: folder
      )
      let journal = try Fixture.text("\(folder)/work/runs/test/journal.jsonl")
      #expect(journal.matches(of: /"stage": ?"evidence for ppl"/).count == 2)
      #expect(journal.contains("4 units scored"))
      #expect(journal.contains("2 units scored"))
    }
  }

  /// The key of a training holds those before it; it must not grow with each.
  @Test(.timeLimit(.minutes(1))) func manyTrainingsInARow() throws {
    try Fixture.withFolder { folder in
      let report = try run(
        """
        repeat 24 { recover rescale on windows { factor = 1 } }
        evaluate perplexity on windows
        """,
        in: folder
      )
      #expect(report.rows.count == 1)
      let stages = try FileSystem.names(in: "\(folder)/work/stages")
      let sizes = try stages.map { try FileSystem.read("\(folder)/work/stages/\($0)").count }
      #expect((sizes.max() ?? .max) < 20_000)
    }
  }

  @Test func equalEvidenceIsGatheredOnce() throws {
    let requests: [any Evidence] = [
      Gradients(.mean), Gradients(), Gradients(.meanSquare), RemovalLosses(), RemovalLosses(),
    ]
    #expect(
      requests.distinct.map(\.signature) == [
        "gradients { aggregate = mean }", "gradients { aggregate = mean_square }",
        "removal_losses",
      ]
    )
  }

  @Test func equalScoringIsDoneOnceAsLongAsTheModelIsTheSame() throws {
    try Fixture.withFolder { folder in
      _ = try run(
        """
        score block on windows { by ppl }
        prune block on windows { by ppl, remove 1 }
        prune block on windows { by ppl, remove 1 }
        """,
        in: folder
      )
      let journal = try Fixture.text("\(folder)/work/runs/test/journal.jsonl")
      #expect(journal.matches(of: /"stage": ?"evidence for ppl"/).count == 2)
      #expect(journal.matches(of: /"reused": ?true/).count == 1)
    }
  }

  @Test func evidenceThatWasNotDeclaredIsAnError() throws {
    #expect(throws: EvidenceError.self) { try Statistics().result(of: Gradients()) }
  }

  @Test func scoringAloneLeavesItsFiles() throws {
    try Fixture.withFolder { folder in
      let report = try run("score block { by by_number }", in: folder)
      #expect(report.rows.isEmpty)
      let journal = try Fixture.text("\(folder)/work/runs/test/journal.jsonl")
      #expect(journal.split(separator: "\n").count == 2)
      #expect(journal.contains("scores-by_number.csv"))
    }
  }
}
