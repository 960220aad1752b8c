import BillhookModels
@testable import BillhookCore
@testable import BillhookPlugins
import TestSupport
import Testing

/// Amounts that are divided in proportion to shares, up to the most that may go of one place.
@Suite struct ApportionmentTests {
  @Test func partsAreInProportion() {
    let parts = Apportionment.parts(of: 0.5, by: [1, 2, 0], sizes: [10, 10, 20], most: 1)
    // 20 of 40: 1/3 and 2/3 of the twenty would be 6.67 and 13.3 of ten, so the rest is clipped.
    #expect(parts == [1, 1, 0])
    let free = Apportionment.parts(of: 0.3, by: [1, 2, 0], sizes: [10, 10, 20], most: 1) ?? []
    #expect(zip(free, [0.4, 0.8, 0]).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  /// What is too much for one goes from the others, again and again.
  @Test func clippingIsRepeated() throws {
    let shares = [1.0, 2, 3, 10]
    let parts = try #require(
      Apportionment.parts(of: 0.6, by: shares, sizes: [5, 5, 5, 5], most: 0.8)
    )
    // The last is clipped first, then the third: the others share 12 - 8 = 4 as 1 to 2.
    let expected: [Double] = [4.0 / 15, 8.0 / 15, 0.8, 0.8]
    #expect(zip(parts, expected).allSatisfy { abs($0 - $1) < 1e-15 })
    let sum: Double = parts.reduce(0, +)
    #expect(abs(sum * 5 - 12) < 1e-12)
  }

  @Test func whatCannotBeMetIsNone() {
    #expect(Apportionment.parts(of: 0.96, by: [1, 2], sizes: [1, 1], most: 0.95) == nil)
    #expect(Apportionment.parts(of: 0.95, by: [1, 2], sizes: [1, 1], most: 0.95) == [0.95, 0.95])
    // Nothing goes where the share is 0.
    #expect(Apportionment.parts(of: 0.6, by: [1, 0], sizes: [1, 1], most: 1) == nil)
    #expect(Apportionment.parts(of: 0, by: [0, 0], sizes: [1, 1], most: 1) == [0, 0])
  }

  // MARK: Blocks of a model

  private func shares(
    _ percent: Double,
    _ allocation: any ProportionalAllocation,
    _ shares: [Double],
    keeping keep: Keep = Keep()
  ) throws -> SparseShares {
    let model = try Golden("llama-gqa").model
    return try SparseShares(
      percent,
      of: WeightRole.projections,
      in: model,
      keeping: keep,
      by: allocation,
      .blocks(shares),
      openedBlocks: model.blocks.count
    )
  }

  @Test func anAmountThatIsTooMuchSaysSo() throws {
    let allocation = AlphaPruning()
    func complaint(_ percent: Double, _ keep: Keep = Keep()) -> String? {
      #expect(throws: BudgetError.self) {
        try shares(percent, allocation, [1, 1, 1.2, 1], keeping: keep)
      }?.description
    }
    #expect(complaint(96)?.contains("takes at most 95 % of a block") == true)
    #expect(complaint(96)?.contains("would be 96 % of those that may go, but") == true)
    #expect(complaint(80, Keep(first: 1))?.contains("leaves 3 of 4 blocks") == true)
    let all = try shares(95, allocation, [1, 1, 1.2, 1]).percents.values
    #expect(all.count == 4 && all.allSatisfy { abs($0 - 95) < 1e-9 })
    #expect(complaint(50, Keep(first: 4))?.contains("leaves no block") == true)
    let none = #expect(throws: BudgetError.self) { try shares(50, allocation, [0, 0, 0, 0]) }
    #expect(none?.description.contains("no share to any block") == true)
  }

  /// Kept blocks lose nothing, and the others so much more.
  @Test func keptBlocksCountInTheAmount() throws {
    let found = try shares(40, AlphaPruning(), [1, 1, 1.5, 0.5], keeping: Keep(first: 1)).percents
    #expect(found[0] == nil)
    let percents: [Double] = try (1...3).map { try #require(found[$0]) }
    #expect(abs(percents.reduce(0, +) - 160) < 1e-12)
    #expect(abs(percents[1] / percents[2] - 3) < 1e-12)
  }

  /// OWL: the parts lie 2λ apart, and their mean is the amount, of what may go.
  @Test func partsOfOutliers() throws {
    var allocation = OutlierWeighed()
    allocation.lambda = 0.1
    let found = try shares(50, allocation, [0.99, 0.95, 0.97, 0.97]).percents
    let expected = [60.0, 40, 50, 50]
    #expect((0..<4).allSatisfy { abs((found[$0] ?? 0) - expected[$0]) < 1e-9 }, "\(found)")
    let kept = try shares(45, allocation, [0.99, 0.95, 0.97, 0.97], keeping: Keep(first: 1))
      .percents
    // Of what is left of the ratios the least and the greatest are those of blocks 1 and 2.
    let mean = 60.0
    #expect(abs((kept[1] ?? 0) - (mean - 20 * 2 / 3)) < 1e-9, "\(kept)")
    #expect(abs((kept[2] ?? 0) - (mean + 20 / 3.0)) < 1e-9, "\(kept)")
    // Where a part would be below 0 nothing goes, and the amount is met nevertheless.
    let little = try shares(3, allocation, [0.99, 0.95, 0.97, 0.97]).percents
    #expect(little[1] == 0 && abs(little.values.reduce(0, +) - 12) < 1e-12)
    // Equal ratios are equal parts.
    #expect(
      try shares(50, allocation, [0.9, 0.9, 0.9, 0.9]).percents.values.allSatisfy { $0 == 50 }
    )
  }

  // MARK: Units that are cut

  /// No block loses more than the most, and the others make up for it.
  @Test func unitsUpToTheMost() throws {
    let model = try Golden("llama-gqa").model
    func removed(_ amount: Amount, _ allocation: any ProportionalAllocation, _ shares: [Double])
      throws
      -> [Int: Int]
    {
      let budget = try Budget(
        amount,
        keep: Keep(),
        allocation: allocation,
        shares: shares,
        units: [MLPChannel()],
        model: model,
        opened: model
      )
      let blocks = MLPChannel().units(of: model)
      let scores = try Scores(
        criterion: "test",
        scale: .plain,
        blocks: blocks,
        values: blocks.flatMap(\.all).map { Double($0.place) }
      )
      let gone = try budget.selection(from: [scores]).removed
      return Dictionary(grouping: gone, by: \.block).mapValues(\.count)
    }
    var allocation = AlphaPruning()
    allocation.most = 0.5
    // 56 channels each: 28 at most, and the other 57 of 85 in proportion.
    #expect(try removed(.units(85), allocation, [4, 1, 1, 1]) == [0: 28, 1: 19, 2: 19, 3: 19])
    let error = #expect(throws: BudgetError.self) {
      try removed(.units(113), allocation, [1, 1, 1, 1])
    }
    #expect(error?.description.contains("`allocate alpha_pruning` leaves only 112") == true)
    // OWL: half of all, a tenth more and less.
    var outliers = OutlierWeighed()
    outliers.lambda = 0.1
    let found = try removed(.units(112), outliers, [0.99, 0.95, 0.97, 0.97])
    #expect(found == [0: 34, 1: 22, 2: 28, 3: 28])
  }

  /// Rounds come to what one round would, though shares depend on the amount.
  @Test func roundsShareTheWholeAmount() throws {
    let model = try Golden("llama-gqa").model
    var outliers = OutlierWeighed()
    outliers.lambda = 0.1
    var budget = try Budget(
      .units(112),
      keep: Keep(),
      allocation: outliers,
      shares: [0.99, 0.95, 0.97, 0.97],
      units: [MLPChannel()],
      model: model,
      opened: model
    )
    var (left, gone) = (model, [PrunableUnit]())
    for _ in 0..<10 {
      let chosen = try budget.anySelection().prefix(units: 40)
      gone += chosen.removed
      left = try left.removing(chosen.gates([MLPChannel()], of: left))
      guard let rest = try budget.rest(after: chosen.removed, of: left) else { break }
      budget = rest
    }
    let counts = Dictionary(grouping: gone, by: \.block).mapValues(\.count)
    #expect(counts == [0: 34, 1: 22, 2: 28, 3: 28])
  }
}
