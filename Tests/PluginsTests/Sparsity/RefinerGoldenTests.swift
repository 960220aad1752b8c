import BillhookEngine
import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Masks that DSnoT and LLM-Barber refine, as an independent computation has them
/// (Scripts/golden_refiners.py): bit for bit, since no two numbers that were compared there are closer than
/// 1e-6.
@Suite struct RefinerGoldenTests {
  private struct First: Decodable {
    let by: String
    let group: String?
    let percent: Double?
    let pattern: [Int]?
  }

  private struct Setting: Decodable {
    let first: First
    let refine: String
    let targets: [String]?
    let same_sign: Bool?
    let cycles: Int?
    let threshold: Double
    let power: Double?
    let group: String?
    let metric: String?

    /// The refiner with these settings.
    func refiner() throws -> any Refiner {
      if refine == "dsnot" {
        var refiner = DSnoT()
        refiner.targets = try targets?.map { try #require(Projection(rawValue: $0)) } ?? []
        refiner.sameSign = same_sign ?? false
        refiner.cycles = cycles ?? 0
        refiner.threshold = threshold
        refiner.power = power ?? 0
        return refiner
      }
      var refiner = Barber()
      refiner.threshold = threshold
      refiner.pool = try #require(group.flatMap(Barber.Group.init))
      refiner.metric = try #require(metric.flatMap(Barber.Metric.init))
      return refiner
    }
  }

  private static func setting(_ first: First, _ refiner: (any Refiner)?) throws
    -> SparseSetting
  {
    var unit = Weight()
    unit.group = first.group.flatMap(ComparisonGroup.init)
    unit.pattern = first.pattern.flatMap { SparsityPattern($0[0], of: $0[1]) }
    let criterion = try Registry(BuiltinPlugins.all).plugin(.criterion, named: first.by)?.init()
    return SparseSetting(
      unit,
      by: try #require(criterion as? any SaliencyCriterion),
      refinedBy: refiner
    )
  }

  @Test(arguments: ["llama-gqa", "qwen3"]) func masksAndLossesAreThoseOfPython(name: String) throws
  {
    let golden = try SparseGolden<Setting>("refiners/\(name).json")
    let model = try Golden(name).model
    for (label, expected) in golden.sorted {
      let refiner = try expected.setting.refiner()
      let isApart = refiner.needsOwnPass
      let setting = try Self.setting(expected.setting.first, isApart ? nil : refiner)
      try Fixture.withFolder { folder in
        let context = RunContext.testing(scratch: folder)
        var sparse = try SparsePass.golden(
          setting,
          percent: expected.setting.first.percent,
          of: model,
          context,
          in: "\(folder)/masks"
        ).run(model, on: setting.evidence.isEmpty ? nil : golden.calibration)
        if isApart {
          let refining = RefiningSetting(setting.unit, by: refiner, repairedBy: nil)
          sparse = try RefiningPass(refining, context, in: "\(folder)/refined")
            .run(model, from: sparse, on: golden.calibration)
        }
        #expect(expected.ties == 0)
        let perplexity = try Perplexity().finiteMetrics(of: sparse, on: golden.heldout, context)[0]
        try expected.compare(with: sparse, loss: log(perplexity.value), "\(name), \(label)")
        // What stays, what came back included, has its dense value.
        for id in try expected.masked {
          let mask = try #require(try sparse.weights.mask(id))
          let dense = try model.weights.stored(id).keeping(mask)
          #expect(try sparse.weights.stored(id).hasSameBytes(as: dense), "\(name), \(label), \(id)")
        }
      }
    }
  }
}
