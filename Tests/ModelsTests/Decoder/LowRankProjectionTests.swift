import BillhookTorch
@testable import BillhookModels
import Testing

/// Linear layers with low-rank updates and dropout, against the formula.
@Suite struct LowRankProjectionTests {
  private static let widths: [(role: WeightRole, rows: Int)] = [
    (.query, 12), (.key, 6), (.value, 6),
  ]
  private let weights: LentWeights
  private let updates: [WeightRole: LowRankUpdate]
  private let input: Tensor

  init() throws {
    let generator = try Generator(seed: 5)
    var tensors: [WeightRole: Tensor] = [:]
    var updates: [WeightRole: LowRankUpdate] = [:]
    for (role, rows) in Self.widths {
      tensors[role] = try generator.normal([rows, 10])
      // One of them has none; the others differ in rank and scale.
      guard role != .key else { continue }
      let rank = role == .query ? 2 : 3
      updates[role] = LowRankUpdate(
        down: try generator.normal([rank, 10]),
        up: try generator.normal([rows, rank]),
        scale: Double(rank) / 4
      )
    }
    weights = LentWeights(block: 0, tensors)
    self.updates = updates
    input = try generator.normal([2, 5, 10])
  }

  private func project(_ weights: LentWeights) throws -> [Tensor] {
    try weights.project(input, Self.widths.map { ($0.role, nil) })
  }

  /// `x · Wᵀ + s · (kept · Aᵀ) · Bᵀ`.
  private func expected(_ role: WeightRole, kept: Tensor) throws -> Tensor {
    let plain = try input.linear(weights.require(role))
    guard let update = updates[role] else { return plain }
    return try plain + kept.linear(update.down).linear(update.up) * update.scale
  }

  private func difference(_ one: Tensor, _ other: Tensor) throws -> Double {
    try (one - other).abs().max().scalar()
  }

  @Test func eachLayerIsAsIfAlone() throws {
    let updated = weights.adding(updates)
    for ((role, _), output) in zip(Self.widths, try project(updated)) {
      #expect(try difference(output, expected(role, kept: input)) < 1e-5)
      #expect(try difference(output, updated.project(input, role)) < 1e-5)
    }
  }

  /// What stays is divided by its probability to stay, here three quarters of 65,536.
  @Test func dropoutIsTheSameForAllLayersOfAnInput() throws {
    let dropout = Dropout(probability: 0.25, seed: RandomSeed(9))
    let coins = try Generator(seed: RandomSeed(9).derived("query").value).coins(49152, [2, 5, 10])
    let kept = try input * coins / Tensor.full([1], 0.75)
    let found = try project(weights.adding(updates, dropout: dropout))
    for ((role, _), output) in zip(Self.widths, found) {
      #expect(try difference(output, expected(role, kept: kept)) < 1e-5)
    }
    // Another input loses something else.
    let other = LentWeights(block: 0, [.output: try weights.require(.query)])
      .adding([.output: try #require(updates[.query])], dropout: dropout)
    #expect(try difference(other.project(input, .output), found[0]) > 1e-2)
  }

  @Test func gradientsReachWhatStayed() throws {
    let dropout = Dropout(probability: 0.25, seed: RandomSeed(9))
    let coins = try Generator(seed: RandomSeed(9).derived("query").value).coins(49152, [2, 5, 10])
    let states = try input.tracked()
    let update = try #require(updates[.value])
    // The layer's own matrix is zero, so that the gradient comes through the update alone.
    let alone = LentWeights(block: 0, [.value: try Tensor.zeros([6, 10])])
      .adding([.value: update], dropout: dropout)
    let output = try withGradients { try alone.project(states, .value) }
    let gradient = try output.gradients(of: [states], upstream: Tensor.full([2, 5, 6], 1))[0]
    let through = try Tensor.full([2, 5, 6], update.scale / 0.75)
      .matmul(update.up).matmul(update.down)
    #expect(try difference(gradient, through * coins) < 1e-5)
  }
}
