import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// Wanda's scores by hand, and what has to leave them or their masks as they are.
@Suite struct WandaTests {
  private let id = WeightID(.query, block: 0)

  /// What is known of the inputs `[tokens, in]` of the queries.
  private func statistics(of inputs: Tensor) throws -> Statistics {
    let windows = try inputs.unsqueezed(0)
    let seen = BlockActivations(
      entering: windows,
      between: windows,
      leaving: windows,
      inputs: [.query: windows]
    )
    let evidence = InputNorms()
    var statistics = Statistics()
    statistics.add(try evidence.finish(evidence.observe(seen)), of: evidence)
    return statistics
  }

  private func scores(of weight: Tensor, _ inputs: Tensor) throws -> Tensor {
    try Wanda().saliency(of: weight, id, statistics(of: inputs))
  }

  /// The mask without half of each row.
  private func mask(of scores: Tensor) throws -> Tensor {
    try MaskRule(pattern: nil, group: .row, rounding: .down)
      .kept(scores, alive: nil, percent: 50)
  }

  private func random(_ shape: [Int], seed: UInt64) throws -> Tensor {
    try Generator(seed: seed).normal(shape, dtype: .float64)
  }

  /// A factor for each of 64 inputs.
  private func units(_ factors: [Double]) throws -> Tensor {
    try Tensor((0..<64).map { factors[$0 % factors.count] })
  }

  @Test func byHand() throws {
    // The norms of the inputs are 5, 1 and 0: squares are summed over tokens, and not divided.
    let inputs = try Tensor([3, 0, 0, 4, 1, 0] as [Double], shape: [2, 3])
    let weight = try Tensor([1, -8, 3, -2, 4, -9] as [Double], shape: [2, 3])
    let found = try scores(of: weight, inputs).doubles()
    #expect(found == [5, 8, 0, 10, 4, 0])
    // Magnitude would take the 1 and the -2; an input that is always 0 has the lowest scores.
    #expect(try mask(of: scores(of: weight, inputs)).integers() == [1, 1, 0, 1, 1, 0])
    #expect(Wanda().group == .row)
  }

  /// The same, of some columns alone.
  @Test func columnsHaveTheScoresOfTheWhole() throws {
    let (weight, inputs) = try (random([5, 12], seed: 1), random([7, 12], seed: 2))
    let columns = 4..<9
    let found = try Wanda().saliency(
      of: weight.narrowed(1, to: columns),
      id,
      from: columns.lowerBound,
      settled: columns.lowerBound,
      statistics(of: inputs)
    )
    let whole = try scores(of: weight, inputs).narrowed(1, to: columns)
    #expect(try found.hasSameBytes(as: whole))
  }

  /// What the inputs do not tell apart is told apart by the weights alone.
  @Test func inputsOfEqualNormsLeaveMagnitude() throws {
    let weight = try random([24, 64], seed: 3)
    // Each input is 2 or -2 at each token.
    let signs = (0..<16 * 64).map { $0 * 7919 % 13 < 6 ? 2.0 : -2 }
    let found = try mask(of: scores(of: weight, Tensor(signs, shape: [16, 64])))
    let expected = try mask(of: Magnitude().saliency(of: weight, id, Statistics()))
    #expect(try found.hasSameBytes(as: expected))
  }

  /// Each row is compared with itself, so its size and its sign do not matter.
  @Test func theScaleOfARowDoesNotMatter() throws {
    let (weight, inputs) = try (random([24, 64], seed: 4), random([30, 64], seed: 5))
    let expected = try mask(of: scores(of: weight, inputs))
    let scales: [Double] = [1e-3, -1, 0.7, 1, -40, 3e4]
    let scaled = try weight * Tensor((0..<24).map { scales[$0 % scales.count] }, shape: [24, 1])
    #expect(try mask(of: scores(of: scaled, inputs)).hasSameBytes(as: expected))
  }

  /// Scores are those of what a weight adds to an output, so an input in other units changes nothing.
  @Test func inputsInOtherUnitsGiveTheSame() throws {
    let (weight, inputs) = try (random([24, 64], seed: 6), random([30, 64], seed: 7))
    let expected = try scores(of: weight, inputs)
    // Powers of two move no digit, and what they leave is equal to the last bit.
    let exact = try units([0.25, 1, 8, -2])
    #expect(try scores(of: weight / exact, inputs * exact).hasSameBytes(as: expected))
    // Squares are f32, so other factors change the last digits of the norms.
    let other = try units([0.3, 1, 7, -1.9])
    let found = try scores(of: weight / other, inputs * other)
    #expect(try relativeDifference(found.doubles(), expected.doubles()) < 1e-6)
    #expect(try mask(of: found).hasSameBytes(as: mask(of: expected)))
  }
}
