import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// The exchange of DSnoT: a layer that Python knows as well, and what always holds.
@Suite struct ErrorBalanceTests {
  private struct File: Decodable {
    struct Setting: Decodable {
      let same_sign: Bool
      let cycles: Int
      let threshold: Double
    }
    struct Case: Decodable {
      let setting: Setting
      let epsilon: [Double]
      let masks: [String]
    }
    let rows: Int
    let width: Int
    let windows: Int
    let tokens: Int
    let cases: [String: Case]
  }

  private struct Layer {
    let weights: Tensor
    let inputs: ErrorBalance.Inputs
    let importance: Tensor

    /// Whole numbers by a power of two, as Scripts/golden_refiners.py makes them.
    init(rows: Int, width: Int, windows: Int, tokens: Int) throws {
      func bits(_ seed: UInt64, _ count: Int) -> [UInt64] {
        var numbers = SplitMix64(seed: seed)
        return (0..<count).map { _ in numbers.next() }
      }
      let own = bits(1, windows * tokens * width).map { Double($0 >> 60) - 8 }
      let mix = bits(2, width * width).map { $0 >> 60 == 0 ? 1.0 : $0 >> 60 == 1 ? -1 : 0 }
      let weights = bits(3, rows * width).map { (Double($0 >> 48) - 32_768) / 32_768 }
      self.weights = try Tensor(weights, shape: [rows, width]).to(.float32)
      let ones = (0..<width * width).map { $0 / width == $0 % width ? 2.0 : 0 }
      let mixed = try Tensor(zip(mix, ones).map(+), shape: [width, width])
      let values = try Tensor(own, shape: [windows * tokens, width]).matmul(mixed) * 0.125
      let evidence = WindowMoments()
      let shown = try values.reshaped([windows, tokens, width])
      let seen = BlockActivations(
        entering: shown,
        between: shown,
        leaving: shown,
        inputs: [.query: shown]
      )
      let sums = try evidence.finish(evidence.observe(seen)).require(.key)
      inputs = ErrorBalance.Inputs(
        sums: try sums.meanSum().to(.float32),
        variances: try sums.meanVariance().to(.float32),
        norms: try InputNorms().finish(InputNorms().observe(seen)).require(.key).to(.float32)
      )
      importance = try self.weights.abs() * inputs.norms
    }

    func balance(_ mask: Tensor) throws -> ErrorBalance {
      try ErrorBalance(weights, mask: mask, gone: .!mask, inputs)
    }

    /// What is gone of each row, from the start.
    func errors(_ mask: Tensor) throws -> [Double] {
      let gone = try mask.choosing(.zeros([]), else: weights * inputs.sums)
      return try gone.sum([1], dtype: .float64).doubles()
    }
  }

  private static func text(_ mask: Tensor) throws -> String {
    try mask.packedBits().withBytes { Data($0).base64EncodedString() }
  }

  @Test func aLayerIsRefinedAsInPython() throws {
    let data = try Data(contentsOf: URL(filePath: Fixture.path("refiners/layer.json")))
    let file = try JSONDecoder().decode(File.self, from: data)
    let layer = try Layer(
      rows: file.rows,
      width: file.width,
      windows: file.windows,
      tokens: file.tokens
    )
    #expect(file.cases.count == 2)
    for (name, expected) in file.cases {
      let half = MaskRule(pattern: nil, group: .row, rounding: .down)
      let mask = try half.kept(layer.importance, alive: nil, percent: 50)
      #expect(try Self.text(mask) == expected.masks[0], "\(name)")
      var balance = try layer.balance(mask)
      try balance.settle(
        cycles: expected.setting.cycles,
        threshold: expected.setting.threshold,
        sameSign: expected.setting.same_sign
      )
      #expect(try Self.text(balance.mask) == expected.masks[1], "\(name)")
      for (mask, mean) in zip([mask, balance.mask], expected.epsilon) {
        let found = try layer.errors(mask).map(abs)
        #expect(abs(found.reduce(0, +) / Double(found.count) - mean) < 1e-4 * mean, "\(name)")
      }
    }
  }

  @Test(arguments: [true, false]) func errorsAddUpAndCountsHold(sameSign: Bool) throws {
    let layer = try Layer(rows: 16, width: 128, windows: 3, tokens: 16)
    let mask = try MaskRule(pattern: nil, group: .row, rounding: .down)
      .kept(layer.importance, alive: nil, percent: 60)
    var balance = try layer.balance(mask)
    let before = try balance.errors.doubles()
    let first = try layer.errors(mask)
    #expect(zip(before, first).allSatisfy { abs($0 - $1) < 1e-8 })
    try balance.settle(cycles: 20, threshold: 0.5, sameSign: sameSign)
    let after = try balance.errors.doubles()
    let again = try layer.errors(balance.mask)
    #expect(zip(after, again).allSatisfy { abs($0 - $1) < 1e-8 })
    let counts = try balance.mask.sum([1], dtype: .int64).integers()
    #expect(counts == Array(repeating: 128 - 76, count: 16))
    let (old, new) = (try mask.to(.int64), try balance.mask.to(.int64))
    let moved = try (old - new).abs().sum([1], dtype: .int64).integers()
    #expect(moved.contains { $0 > 0 } && moved.allSatisfy { $0 <= 40 })
    for (row, error) in before.enumerated() {
      if abs(error) <= 0.5 { #expect(moved[row] == 0) }
      if sameSign {
        #expect(after[row] * error >= 0)
        #expect(abs(after[row]) <= abs(error))
      }
    }
  }

  /// The restored weight's neighbours give one away, whatever its sign.
  @Test func aPatternHolds() throws {
    let layer = try Layer(rows: 16, width: 128, windows: 3, tokens: 16)
    let pattern = try #require(SparsityPattern(2, of: 4))
    let mask = try MaskRule(pattern: pattern, group: .row, rounding: .down)
      .kept(layer.importance, alive: nil, percent: 50)
    var balance = try layer.balance(mask)
    try balance.settle(pattern, by: layer.importance, cycles: 50, threshold: 0.1)
    let groups = try balance.mask.to(.int64).reshaped([-1, 4]).sum([1]).integers()
    #expect(Set(groups) == [2])
    #expect(try !balance.mask.hasSameBytes(as: mask))
    let (after, again) = (try balance.errors.doubles(), try layer.errors(balance.mask))
    #expect(zip(after, again).allSatisfy { abs($0 - $1) < 1e-8 })
  }

  /// Inputs that add up to nothing say nothing; neither do those that are 0 for all tokens.
  @Test func inputsWithoutAMeanChangeNothing() throws {
    let weights = try Tensor([1.0, -2, 3, -4, 5, -6, 7, -8], shape: [2, 4]).to(.float32)
    let mask = try .!(Tensor([1, 1, 0, 0, 0, 1, 0, 1], shape: [2, 4]) .== 0)
    for variance in [0.0, 1] {
      let inputs = ErrorBalance.Inputs(
        sums: try .zeros([4]),
        variances: try .full([4], variance),
        norms: try .full([4], 1)
      )
      var balance = try ErrorBalance(weights, mask: mask, gone: .!mask, inputs)
      try balance.settle(cycles: 5, threshold: 0, sameSign: false)
      #expect(try balance.mask.hasSameBytes(as: mask))
    }
  }

  /// A row by hand: ε = 3 + 1 = 4; 3 comes back for -1, the least important below 0, and ε is 0.
  @Test func aRowByHand() throws {
    let inputs = ErrorBalance.Inputs(
      sums: try .full([5], 1),
      variances: try .full([5], 1),
      norms: try .full([5], 1)
    )
    let weights = try Tensor([3.0, 1, -1, -2, 4], shape: [1, 5]).to(.float32)
    let mask = try .!(Tensor([0, 0, 1, 1, 1], shape: [1, 5]) .== 0)
    var balance = try ErrorBalance(weights, mask: mask, gone: .!mask, inputs)
    try balance.settle(cycles: 5, threshold: 0.1, sameSign: false)
    #expect(try balance.mask.to(.int64).integers() == [1, 0, 0, 1, 1])
    #expect(try balance.errors.doubles() == [0])
  }
}
