import BillhookFiles
import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// Recipes that refine masks: what they leave, and what is found again.
@Suite struct RefinedPruneTests {
  private func kept(_ model: LanguageModel) throws -> [WeightID: [Int]] {
    try model.projections.reduce(into: [:]) { kept, id in
      kept[id] = try model.weights.mask(id)?.sum([1], dtype: .int64).integers()
    }
  }

  /// Rows keep their counts, and weights that come back have the values that they had.
  @Test(arguments: ["dsnot { same_sign = true, threshold = 0 }", "barber { threshold = 0.5 }"])
  func rowsKeepTheirCounts(refiner: String) throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        branch "plain" {
          prune weight on windows { by wanda, remove 50% }
          save "OUT/plain"
        }
        prune weight on windows { by wanda, remove 50%, refine \(refiner) }
        save "OUT/refined"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let plain = try LanguageModel(opening: "\(folder)/out/plain")
      let refined = try LanguageModel(opening: "\(folder)/out/refined")
      #expect(try kept(plain) == kept(refined))
      let opened = try Golden("llama-gqa").model
      var exchanged = 0
      for id in opened.projections {
        let mask = try #require(try refined.weights.mask(id))
        let before = try #require(try plain.weights.mask(id))
        exchanged += try (mask .& .!before).sum([], dtype: .int64).integers()[0]
        let dense = try opened.weights.stored(id).keeping(mask)
        #expect(try refined.weights.stored(id).hasSameBytes(as: dense), "\(id)")
      }
      #expect(exchanged > 0)
    }
  }

  /// A pass of its own finds the masks that it begins with again, and itself.
  @Test func masksAreSharedAndRefinedOnce() throws {
    try Fixture.withFolder { folder in
      func stages(_ refiner: String) throws -> [String] {
        let recipe = """
          prune weight on windows { by wanda, remove 50%, refine \(refiner) }
          save "OUT" { overwrite = true }
          """
        let run = try TinyRun(recipe, in: folder)
        let expected = try run.forecast().entries.flatMap(\.stages)
          .filter { !$0.hasPrefix("save") }
        let stages = try run.run().values.flatMap(\.self)
        #expect(stages.filter { !$0.hasPrefix("save") } == expected)
        return stages
      }
      #expect(try stages("barber").filter { $0.hasPrefix("masks") }.count == 1)
      let second = try stages("barber { threshold = 0.5 }")
      #expect(!second.contains { $0.hasPrefix("masks") })
      #expect(second.contains { $0.hasPrefix("refine barber { threshold = 0.5") })
      #expect(try !stages("barber { threshold = 0.5 }").contains { $0.hasPrefix("refine") })
    }
  }

  /// What an earlier pruning took stays gone.
  @Test(arguments: ["dsnot { threshold = 0 }", "barber { threshold = 1 }"])
  func whatWasGoneStaysGone(refiner: String) throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        prune weight on windows { by magnitude, remove 30% }
        save "OUT/first"
        prune weight on windows { by wanda, remove 60%, refine \(refiner), repair sparsegpt }
        save "OUT/second"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let first = try LanguageModel(opening: "\(folder)/out/first")
      let second = try LanguageModel(opening: "\(folder)/out/second")
      for id in first.projections {
        let before = try #require(try first.weights.mask(id))
        let after = try #require(try second.weights.mask(id))
        #expect(try (before .& after).hasSameBytes(as: after), "\(id)")
      }
    }
  }

  /// Blocks that are kept lose nothing, and are not measured.
  @Test func keptBlocksStayWhole() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        "prune weight on windows { by wanda, remove 40%, keep first 1, refine barber }\nsave \"OUT\"",
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let model = try LanguageModel(opening: "\(folder)/out")
      #expect(try Set(kept(model).keys.compactMap(\.block)) == [1, 2, 3])
    }
  }

  /// What a kept block lost before is no reason to repair it now.
  @Test func keptBlocksAreNotRepaired() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        prune weight { by magnitude, remove 30% }
        save "OUT/first"
        prune weight on windows { by wanda, remove 40%, keep first 1, refine barber, repair mrp }
        save "OUT/second"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let first = try LanguageModel(opening: "\(folder)/out/first")
      let second = try LanguageModel(opening: "\(folder)/out/second")
      for id in first.projections {
        let same = try second.weights.stored(id).hasSameBytes(as: first.weights.stored(id))
        #expect(same == (id.block == 0), "\(id)")
      }
    }
  }

  /// By hand: products of the 32 inputs of query, key and value, of 48 of output, of 32 of gate and up, and of
  /// 56 of down, in each of four blocks.
  @Test func aRepairOfRefinedMasksIsCounted() throws {
    try Fixture.withFolder { folder in
      func work(_ repair: String) throws -> RefiningSetting {
        let recipe = "prune weight on windows { by wanda, remove 50%, refine barber\(repair) }"
        let step = try TinyRun(recipe, in: folder).plan.steps.first as? SparsePruneStep
        return try #require(step?.refining?.setting)
      }
      let (plain, repaired) = (try work(""), try work(", repair sparsegpt"))
      let model = try Golden("llama-gqa").model
      let before = plain.operations(on: model, tokens: 10, removing: 0.5)
      let after = repaired.operations(on: model, tokens: 10, removing: 0.5)
      let widths: [Double] = [32, 48, 32, 56]
      let products = 4 * widths.map { $0 * $0 }.reduce(0, +)
      #expect(try #require(after.measuring) - #require(before.measuring) == 10 * products)
      let cubes = 4 * widths.map { $0 * $0 * $0 }.reduce(0, +)
      #expect(before.solving == 0 && after.solving > 4 / 3 * cubes)
      #expect(repaired.bytes(on: model, removing: 0.5) > plain.bytes(on: model, removing: 0.5))
    }
  }
}
