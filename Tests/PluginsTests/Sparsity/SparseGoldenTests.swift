import BillhookEngine
import BillhookModels
import BillhookRecipe
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Masks, weights and losses of sparse models as an independent computation has them
/// (Scripts/golden_sparse.py), each block measured after those before it were pruned.
@Suite struct SparseGoldenTests {
  private struct Setting: Decodable {
    let by: String
    let group: String?
    let percent: Double?
    let pattern: [Int]?
    let slab: Int?
    let solver: String?
  }

  private static func setting(_ setting: Setting) throws -> SparseSetting {
    var unit = Weight()
    unit.group = setting.group.flatMap(ComparisonGroup.init)
    unit.pattern = setting.pattern.flatMap { SparsityPattern($0[0], of: $0[1]) }
    unit.order = .block
    let registry = try Registry(BuiltinPlugins.all)
    let criterion = registry.plugin(.criterion, named: setting.by)?.init()
    return SparseSetting(
      unit,
      by: try #require(criterion as? any SaliencyCriterion),
      repairedBy: repair(setting)
    )
  }

  private static func repair(_ setting: Setting) -> (any Repair)? {
    switch setting.solver {
    case "sweep":
      var repair = SparseGPT()
      repair.width = setting.slab ?? repair.width
      return repair
    case "joint":
      var repair = MultipleRemoval()
      repair.width = setting.slab.map { .columns($0) } ?? repair.width
      return repair
    default: return nil
    }
  }

  @Test(arguments: ["llama-gqa", "qwen3"]) func masksAndLossesAreThoseOfPython(name: String) throws
  {
    let golden = try SparseGolden<Setting>("sparse/\(name).json")
    let model = try Golden(name).model
    for (label, expected) in golden.sorted {
      let setting = try Self.setting(expected.setting)
      try Fixture.withFolder { folder in
        let context = RunContext.testing(scratch: folder)
        let sparse = try SparsePass.golden(
          setting,
          percent: expected.setting.percent,
          of: model,
          context,
          in: folder
        ).run(model, on: golden.calibration)
        let perplexity = try Perplexity().finiteMetrics(of: sparse, on: golden.heldout, context)[0]
        try expected.compare(with: sparse, loss: log(perplexity.value), "\(name), \(label)")
      }
    }
  }

  /// How many tokens run at once: one window of 24, two, five, and all.
  private static let splits = [1, 50, 120]

  /// Where no two scores are close, masks are the same bit for bit in any batches, and weights within
  /// 1e-4, although a repair chooses by weights that it changed, so that rounding errors could grow.
  @Test(arguments: ["llama-gqa", "qwen3"]) func batchesDoNotMatterToRepairs(name: String) throws {
    let golden = try SparseGolden<Setting>("sparse/\(name).json")
    let model = try Golden(name).model
    var tried = 0
    for (label, expected) in golden.sorted where expected.setting.solver != nil {
      #expect(expected.ties == 0)
      let setting = try Self.setting(expected.setting)
      try Fixture.withFolder { folder in
        func pruned(_ tokensAtOnce: Int?) throws -> LanguageModel {
          let place = "\(folder)/\(tokensAtOnce ?? 0)"
          try FileSystem.makeDirectory("\(place)/scratch")
          var context = RunContext.testing(scratch: "\(place)/scratch")
          context.tokensAtOnce = tokensAtOnce
          return try SparsePass.golden(
            setting,
            percent: expected.setting.percent,
            of: model,
            context,
            in: "\(place)/masks"
          ).run(model, on: golden.calibration)
        }
        let whole = try pruned(nil)
        for split in Self.splits {
          let sparse = try pruned(split)
          for id in model.projections {
            let found = try #require(try sparse.weights.mask(id))
            let expected = try #require(try whole.weights.mask(id))
            let what = "\(name), \(label), \(id), \(split)"
            #expect(try found.hasSameBytes(as: expected), "\(what)")
            let (new, other) = try (sparse.weights.stored(id), whole.weights.stored(id))
            #expect(try differenceToScale(new.doubles(), other.doubles()) < 1e-4, "\(what)")
          }
        }
      }
      tried += 1
    }
    #expect(tried == 3)
  }
}
