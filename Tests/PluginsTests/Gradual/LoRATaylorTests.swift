@testable import BillhookCore
@testable import BillhookPlugins
import BillhookModels
import BillhookTorch
import Testing
import TestSupport

/// The estimate of LoRAPrune against what a step of gradient descent does, in f64.
@Suite struct LoRATaylorTests {
  private func normal(_ shape: [Int], _ seed: UInt64) throws -> Tensor {
    try Generator(seed: seed).uniform(shape).to(.float64) * 2 + -1
  }

  private func largest(_ tensor: Tensor) throws -> Double { try tensor.abs().max().scalar() }

  /// gB·A + B·gA - gB·gA.
  @Test func itIsWhatTheProductLosesByAStep() throws {
    let (a, b) = try (normal([3, 7], 1), normal([5, 3], 2))
    let (ga, gb) = try (normal([3, 7], 3), normal([5, 3], 4))
    let update = UpdateGradients(down: a, up: b, downGradient: ga, upGradient: gb)
    let lost = try b.matmul(a) - (b - gb).matmul(a - ga)
    let estimate = try update.estimatedGradient
    #expect(try largest(estimate - lost) < 1e-12)
    let formula = try gb.matmul(a) + b.matmul(ga) - gb.matmul(ga)
    #expect(try largest(estimate - formula) < 1e-12)
    #expect(try largest(estimate) > 0.5)
  }

  /// With gradients of L = ½‖(W + c·BA)·X‖² by the chain rule: gB = c·G·Aᵀ and gA = c·Bᵀ·G, where G is the
  /// gradient of the weight itself.
  private func update(
    _ a: Tensor,
    _ b: Tensor,
    _ scale: Double
  ) throws -> (update: UpdateGradients, weight: Tensor, gradient: Tensor) {
    let weight = try normal([b.shape[0], a.shape[1]], 5) + b.matmul(a) * scale
    let inputs = try normal([a.shape[1], 9], 6)
    let gradient = try weight.matmul(inputs).matmul(inputs.transposed(0, 1))
    let update = UpdateGradients(
      down: a,
      up: b,
      downGradient: try b.transposed(0, 1).matmul(gradient) * scale,
      upGradient: try gradient.matmul(a.transposed(0, 1)) * scale
    )
    return (update, weight, gradient)
  }

  @Test func beforeTheFirstStepItIsTheGradientSeenThroughA() throws {
    let a = try normal([3, 7], 1)
    let (update, _, gradient) = try update(a, Tensor.zeros([5, 3], dtype: .float64), 2.5)
    let expected = try gradient.matmul(a.transposed(0, 1)).matmul(a) * 2.5
    #expect(try largest(update.estimatedGradient - expected) < 1e-12 * largest(expected))
  }

  /// With Aᵀ·A = 1 and B = 0 nothing is lost on the way, and the value is |G ∘ W|.
  @Test func withAllDirectionsItIsTheTaylorEstimate() throws {
    // A rotation in two planes.
    let (c, s) = (0.6, 0.8)
    let a = try Tensor([c, -s, 0, 0, s, c, 0, 0, 0, 0, s, c, 0, 0, -c, s]).reshaped([4, 4])
    let (update, weight, gradient) = try update(a, Tensor.zeros([5, 4], dtype: .float64), 1)
    let found = try LoRATaylor().saliency(of: weight, WeightID(.query, block: 0), update)
    let expected = try (gradient * weight).abs()
    #expect(try largest(found - expected) < 1e-12 * largest(expected))
  }

  /// Two units of two rows: 1 + 2 + 3 + 4 = 10 and 5 + 6 + 7 + 8 = 26, divided by √(100 + 676); by columns
  /// 1 + 3 + 5 + 7 = 16 and 20.
  @Test func eachProjectionIsDividedByItsNorm() throws {
    let values = try Tensor([1.0, 2, 3, 4, 5, 6, 7, 8]).reshaped([4, 2])
    let rows = Slice(WeightID(.query, block: 0), shape: [4, 2], dimension: 0, extent: 2)
    let columns = Slice(WeightID(.output, block: 0), shape: [4, 2], dimension: 1, extent: 1)
    let reduction = LoRATaylor().reduction
    let parts = try [
      reduction.reduce(values, rows, units: 2), reduction.reduce(values, columns, units: 2),
    ]
    let found = try #require(try reduction.combine(parts)).doubles()
    let expected = [
      10 / (776.0.squareRoot() + 1e-8) + 16 / (656.0.squareRoot() + 1e-8),
      26 / (776.0.squareRoot() + 1e-8) + 20 / (656.0.squareRoot() + 1e-8),
    ]
    #expect(differenceToScale(found, expected) < 1e-15)
    // A projection without any value stays without one.
    let none = try reduction.reduce(Tensor.zeros([4, 2]), rows, units: 2)
    #expect(try none.doubles() == [0, 0])
  }
}
