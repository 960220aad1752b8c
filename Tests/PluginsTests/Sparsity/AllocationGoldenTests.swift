import BillhookEngine
import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Exponents, ratios of outliers and what is made of them, as an independent computation has them
/// (Scripts/golden_alpha.py): singular values and bisection there, eigenvalues and clipping in rounds here.
@Suite struct AllocationGoldenTests {
  struct File: Decodable {
    struct Exponents: Decodable {
      let middle: Double
      let shipped: Double
      let meant: Double
    }
    struct Law: Decodable {
      let density: Double
      let middle: Double
      let shipped: Double
      let meant: Double
    }
    struct Fit: Decodable {
      let blocks: [Double]
      let matrices: [Double]
      let block_parts: [String: [Double]]
      let matrix_parts: [String: [Double]]
    }
    struct Outliers: Decodable {
      let ratios: [Double]
      let parts: [String: [Double]]
    }
    struct Model: Decodable {
      let calibration: [[Int]]
      let exponents: [String: Exponents]
      let fits: [String: Fit]
      let outliers: [String: Outliers]
    }
    let models: [String: Model]
    let laws: [Law]
  }

  static func file() throws -> File {
    let url = URL(filePath: Fixture.path("allocation/alpha.json"))
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
  }

  static let settings = ["middle", "shipped", "meant"]

  static func allocation(_ name: String, _ level: ShareLevel = .block) -> AlphaPruning {
    var allocation = AlphaPruning()
    allocation.fit = name == "middle" ? .middle : .peak
    allocation.bound = name == "meant" ? .meant : .shipped
    allocation.level = level
    return allocation
  }

  /// The roles in the order in which transformers lists the layers of a block.
  private static func id(_ key: String) throws -> WeightID {
    let words = key.split(separator: ".")
    return WeightID(try #require(WeightRole(rawValue: "\(words[1])")), block: Int(words[0]))
  }

  private static let order: [WeightRole] = [.query, .key, .value, .output, .gate, .up, .down]

  private func parts(
    _ amount: String,
    _ allocation: any ProportionalAllocation,
    _ shares: AllocatedShares,
    _ model: LanguageModel
  ) throws -> SparseShares {
    try SparseShares(
      100 * #require(Double(amount)),
      of: WeightRole.projections,
      in: model,
      keeping: Keep(),
      by: allocation,
      shares,
      openedBlocks: model.blocks.count
    )
  }

  @Test(arguments: ["llama-gqa", "qwen3"]) func exponentsAndShares(name: String) throws {
    let expected = try #require(try Self.file().models[name])
    let model = try Golden(name).model
    let context = RunContext.testing()
    var statistics = Statistics()
    try WeightGathering([Spectra()], of: model, keptIn: nil)
      .add(to: &statistics, on: nil, for: "a test", context, in: nil)
    #expect(try statistics.weights(of: Spectra()).count == expected.exponents.count)
    for setting in Self.settings {
      let allocation = Self.allocation(setting)
      for (key, exponents) in expected.exponents {
        let found = try allocation.exponent(of: Self.id(key), statistics)
        let wanted =
          switch setting {
          case "middle": exponents.middle
          case "meant": exponents.meant
          default: exponents.shipped
          }
        #expect(abs(found / wanted - 1) < 1e-8, "\(name), \(setting), \(key)")
      }
      let fit = try #require(expected.fits[setting])
      let count = model.blocks.count
      let blocks = try allocation.shares(ofBlocks: count, statistics)
      #expect(differenceToScale(blocks, fit.blocks) < 1e-8)
      for (amount, wanted) in fit.block_parts {
        let found = try parts(amount, allocation, .blocks(blocks), model)
        let percents = (0..<count).map { (found.percents[$0] ?? 0) / 100 }
        #expect(differenceToScale(percents, wanted) < 1e-8, "\(name), \(setting), \(amount)")
      }
      let ids = (0..<count).flatMap { block in Self.order.map { WeightID($0, block: block) } }
      let own = try allocation.shares(ofMatrices: ids, statistics)
      #expect(differenceToScale(own, fit.matrices) < 1e-8)
      let shares = AllocatedShares.matrices(Dictionary(uniqueKeysWithValues: zip(ids, own)))
      for (amount, wanted) in fit.matrix_parts {
        let found = try parts(amount, Self.allocation(setting, .matrix), shares, model)
        let percents = ids.map { (found.percent(of: $0) ?? 0) / 100 }
        #expect(differenceToScale(percents, wanted) < 1e-8, "\(name), \(setting), \(amount)")
      }
    }
  }

  @Test(arguments: ["llama-gqa", "qwen3"]) func outliersAndParts(name: String) throws {
    let expected = try #require(try Self.file().models[name])
    let model = try Golden(name).model
    let tokens = TokenSet(expected.calibration.map { TokenWindow($0) }, note: name)
    for (levels, outliers) in expected.outliers {
      var allocation = OutlierWeighed()
      allocation.levels = try #require(Double(levels))
      let shares = try allocation.measuredShares(
        of: model,
        ofBlocks: model.blocks.count,
        on: tokens,
        RunContext.testing()
      )
      // Counts are equal; only what they are divided by is rounded.
      let ratios = try #require(shares.ofBlocks).map { 1 - $0 }
      #expect(
        zip(ratios, outliers.ratios).allSatisfy { abs($0 - $1) < 1e-12 },
        "\(name), \(levels)"
      )
      for (amount, wanted) in outliers.parts {
        let found = try parts(amount, allocation, shares, model)
        let percents = model.blocks.map { (found.percents[$0.sourceIndex] ?? 0) / 100 }
        #expect(differenceToScale(percents, wanted) < 1e-10, "\(name), \(levels), \(amount)")
      }
    }
  }

  /// Quantiles of a power law have the exponent of its density, and are fitted as Python fits them.
  @Test func powerLaws() throws {
    for law in try Self.file().laws {
      let spectrum = (0..<4_000).map {
        pow(1 - (Double($0) + 0.5) / 4_000, -1 / (law.density - 1))
      }
      for (setting, wanted) in zip(Self.settings, [law.middle, law.shipped, law.meant]) {
        let found = try #require(Self.allocation(setting).exponent(of: spectrum))
        #expect(abs(found - wanted) < 1e-9, "\(setting), \(law.density)")
        #expect(abs(found / law.density - 1) < 0.001, "\(setting), \(law.density)")
      }
    }
  }
}
