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
  private struct File: Decodable {
    struct Tokens: Decodable {
      let calibration: [[Int]]
      let heldout: [[Int]]
    }
    struct Setting: Decodable {
      let by: String
      let group: String?
      let percent: Double?
      let pattern: [Int]?
      let slab: Int?
      let solver: String?
    }
    struct Case: Decodable {
      let setting: Setting
      let loss: Double
      let masks: [String: String]
      let weights: [String: String]?
    }
    let tokens: Tokens
    let cases: [String: Case]
  }

  private static func setting(_ setting: File.Setting) throws -> SparseSetting {
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

  private static func repair(_ setting: File.Setting) -> (any Repair)? {
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
    let path = Fixture.path("sparse/\(name).json")
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(filePath: path)))
    let calibration = TokenSet(file.tokens.calibration.map { TokenWindow($0) }, note: name)
    let heldout = TokenSet(file.tokens.heldout.map { TokenWindow($0) }, note: name)
    let model = try Golden(name).model
    for (label, expected) in file.cases.sorted(by: { $0.key < $1.key }) {
      let setting = try Self.setting(expected.setting)
      try Fixture.withFolder { folder in
        let percent = expected.setting.percent ?? setting.unit.pattern?.percent ?? 0
        let shares = try SparseShares(
          percent,
          of: setting.unit.roles,
          in: model,
          keeping: Keep(),
          shares: nil,
          openedBlocks: model.blocks.count
        )
        let context = RunContext.testing(scratch: folder)
        let sparse = try SparsePass(setting, shares, context, in: folder)
          .run(model, on: calibration)
        for (key, bits) in expected.masks {
          let parts = key.split(separator: ".")
          let id = WeightID(try #require(WeightRole(rawValue: "\(parts[1])")), block: Int(parts[0]))
          let mask = try #require(try sparse.weights.mask(id))
          let found = try mask.packedBits().withBytes { Data($0).base64EncodedString() }
          #expect(found == bits, "\(name), \(label), \(id)")
        }
        for (key, text) in expected.weights ?? [:] {
          let parts = key.split(separator: ".")
          let id = WeightID(try #require(WeightRole(rawValue: "\(parts[1])")), block: Int(parts[0]))
          let bytes = try #require(Data(base64Encoded: text))
          let values = bytes.withUnsafeBytes { $0.bindMemory(to: Float.self).map(Double.init) }
          let found = try sparse.weights.stored(id).doubles()
          #expect(differenceToScale(found, values) < 1e-4, "\(name), \(label), \(id)")
        }
        let loss = try Perplexity().finiteMetrics(of: sparse, on: heldout, context)[0].value
        #expect(abs(log(loss) - expected.loss) < 1e-5, "\(name), \(label)")
      }
    }
  }
}
