import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookModels
@testable import BillhookPipeline
@testable import BillhookResolver
import Synchronization
import TestSupport
import Testing

/// What is said of a plan beforehand is what the pipeline then does.
@Suite struct ForecastTests {
  static let recipe = """
    always { evaluate perplexity on windows }
    each criterion in [ppl, magnitude] {
      each cut in [1, 2] {
        prune block on windows { by $criterion, remove $cut }
        save "OUT/$criterion-$cut"
      }
    }
    prune block on windows { by ppl, remove 2, rescore every 1 }
    score block on windows { by taylor }
    """

  private static func steps(_ forecast: Forecast) -> [Forecast.Outlook] {
    forecast.entries.map(\.outlook)
  }

  @Test func beforeTheFirstRunOnlyRepetitionsAreKnown() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(Self.recipe, in: folder)
      let forecast = try run.forecast()
      #expect(
        Self.steps(forecast) == [
          .ahead,
          // Each criterion is scored for the first amount; after it nobody knows what is left.
          .ahead, .open, .open, .doneAbove, .open, .open,
          .ahead, .open, .open, .doneAbove, .open, .open,
          // The first round finds the scores of the first `prune`.
          .open, .open, .open,
        ]
      )
      #expect(forecast.entries[0].stages == ["evaluate perplexity on windows"])
      #expect(forecast.entries[1].stages == ["evidence for ppl"])
      #expect(forecast.entries[13].stages == ["evidence for ppl"])
      #expect(
        forecast.entries[15].stages == [
          "evidence for taylor { aggregate = abs_sum, order = first, reduce = element }"
        ]
      )
      #expect(forecast.doneCount == 0)
    }
  }

  @Test func afterARunEverythingIsDone() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(Self.recipe, in: folder)
      _ = try run.run()
      let forecast = try run.forecast()
      #expect(Self.steps(forecast).allSatisfy { $0 == .doneBefore })
      #expect(forecast.entries.flatMap(\.stages).isEmpty)
      #expect(forecast.entries[1].removed?.count == 1)
      #expect(forecast.entries[4].removed?.count == 2)
      #expect(forecast.entries[13].removed?.count == 2)
      try FileSystem.remove("\(folder)/out/ppl-1")
      let again = try run.forecast()
      #expect(again.entries.filter { $0.outlook != .doneBefore }.map(\.stages).count == 1)
    }
  }

  /// Whatever is missing, what the forecast calls done is not computed, and what it calls ahead is,
  /// unless a step that nobody could tell anything of came to the same model before.
  @Test func thePipelineDoesWhatTheForecastSays() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(Self.recipe, in: folder)
      _ = try run.run()
      var random = SplitMix64(seed: 5)
      var open = 0
      for _ in 0..<12 {
        let stages = "\(folder)/work/stages"
        for name in try FileSystem.names(in: stages)
        where Int.random(in: 0..<4, using: &random) == 0 {
          try FileSystem.remove("\(stages)/\(name)")
        }
        let forecast = try run.forecast()
        let computed = try run.run()
        for (index, entry) in forecast.entries.enumerated() {
          let found = computed[index + 1] ?? []
          switch entry.outlook {
          case .doneBefore, .doneAbove: #expect(found.isEmpty, "step \(index + 1)")
          case .ahead:
            #expect(Set(found).isSubset(of: entry.stages))
            #expect(!found.isEmpty || forecast.entries[..<index].contains { $0.outlook == .open })
          case .open:
            open += 1
            #expect(Set(found).isSubset(of: entry.stages))
          }
          #expect(found.count <= entry.stages.count)
        }
      }
      #expect(open > 0)
    }
  }

  @Test func whoLooksChangesNothing() throws {
    try Fixture.withFolder { folder in
      #expect(WorkFolder(lookingAt: "\(folder)/work") == nil)
      #expect(!FileSystem.exists("\(folder)/work"))
      let run = try TinyRun(Self.recipe, in: folder)
      _ = try run.run()
      func state() throws -> [String] {
        try ["", "/stages", "/runs"].flatMap { part in
          try FileSystem.names(in: "\(folder)/work\(part)").compactMap {
            try? MappedFile("\(folder)/work\(part)/\($0)").identityText
          }
        }
      }
      let before = try state()
      // Also while a run has the folder.
      let owner = try WorkFolder("\(folder)/work")
      let held = try state()
      #expect(try run.forecast().doneCount == 16)
      #expect(try state() == held)
      #expect(before.count == held.count)
      withExtendedLifetime(owner) {}
    }
  }

  @Test func anotherBuildOrChangedDataKnowsNothing() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(Self.recipe, in: folder)
      _ = try run.run()
      #expect(try run.forecast(build: "another").doneCount == 0)
      try FileSystem.write(Array("2 3 4 5\n".utf8), to: "\(folder)/windows.txt")
      // What needs no data is known still, but what it saves is compared with its record.
      let forecast = try run.forecast()
      #expect(forecast.entries[0].outlook == .ahead)
      #expect(forecast.entries[1].outlook == .ahead)
      #expect(forecast.entries[7].outlook == .doneBefore)
    }
  }
}
