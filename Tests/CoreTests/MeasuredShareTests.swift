@testable import BillhookCore
@testable import BillhookPlugins
import BillhookModels
import BillhookRecipe
import TestSupport
import Testing

/// Shares that are known only when something was measured.
@Suite struct MeasuredShareTests {
  /// Four blocks with 56 channels.
  let model: LanguageModel

  init() throws { model = try Golden("llama-gqa").model }

  /// A number for each block.
  private struct Numbers: ActivationEvidence {
    static let name = "numbers"
    static let summary = "Numbers."
    func observe(_ activations: BlockActivations) -> Double { 1 }
    func merge(_ one: Double, _ other: Double) -> Double { one + other }
    func finish(_ partial: Double) -> Double { partial }
  }

  /// Shares as they were found.
  private struct Found: ProportionalAllocation {
    static let name = "found"
    static let summary = "Shares that were found."
    let evidence: [any Evidence] = [Numbers()]

    func shares(ofBlocks count: Int, _ statistics: Statistics) throws -> [Double] {
      try (0..<count).map { try statistics.result(of: Numbers(), inBlock: $0) }
    }
  }

  private func budget(
    _ amount: Amount,
    _ allocation: any Allocation = Found(),
    shares: [Double]? = nil
  ) throws -> Budget {
    try Budget(
      amount,
      keep: Keep(),
      allocation: allocation,
      shares: shares,
      units: [MLPChannel()],
      model: model,
      opened: model
    )
  }

  private func scores() throws -> Scores {
    let blocks = MLPChannel().units(of: model)
    return try Scores(
      criterion: "test",
      scale: .plain,
      blocks: blocks,
      values: blocks.flatMap(\.all).map { Double(($0.place * 5 + $0.block) % 56) }
    )
  }

  @Test func sizeIsKnownAndSharesAreNot() throws {
    let budget = try budget(.units(56))
    #expect(budget.isProportional && budget.hasUnknownShares)
    #expect(budget.unknownShares == "each block's share is known when numbers is measured")
    // All channels cost the same, so how many go is known.
    guard case .exact(let selection) = try budget.prospect() else {
      Issue.record("no exact prospect")
      return
    }
    #expect(selection.removed.count == 56)
    #expect(try budget.remarks(on: selection) == [])
    // One channel is less than one of each block, but may be what the shares come to.
    #expect(try self.budget(.units(1)).anySelection().removed.count == 1)
    #expect(throws: BudgetError.self) { try self.budget(.units(1), Uniform()).anySelection() }
  }

  @Test func nothingIsChosenByAGuess() throws {
    let error = #expect(throws: BudgetError.self) {
      try budget(.units(56)).selection(from: [scores()])
    }
    #expect(error?.description.hasPrefix("`allocate found` was given nothing") == true)
    // Named units need no shares.
    #expect(try budget(.exactly([3, 60])).selection(from: []).removed.map(\.number) == [3, 60])
  }

  /// Measured shares choose what written ones would.
  @Test func measuredSharesAreShares() throws {
    var statistics = Statistics()
    for (block, share) in [0.5, 1, 2, 0].enumerated() {
      statistics.add(share, of: Numbers(), inBlock: block)
    }
    let shares = try Found().checkedShares(ofBlocks: 4, statistics)
    #expect(shares == [0.5, 1, 2, 0])
    let measured = try budget(.units(56), shares: shares)
    #expect(!measured.hasUnknownShares && measured.unknownShares == nil)
    var written = PerBlock()
    written.weights = .list(shares)
    let expected = try budget(.units(56), written).selection(from: [scores()]).removed
    #expect(try measured.selection(from: [scores()]).removed == expected)
    // 56 in proportion to 1, 2 and 4.
    #expect(Dictionary(grouping: expected, by: \.block).mapValues(\.count) == [0: 8, 1: 16, 2: 32])
  }

  @Test func sharesThatAreNoneAreRefused() throws {
    func refusal(_ shares: [Double]) throws -> String? {
      var statistics = Statistics()
      for (block, share) in shares.enumerated() {
        statistics.add(share, of: Numbers(), inBlock: block)
      }
      let error = #expect(throws: BudgetError.self) {
        try Found().checkedShares(ofBlocks: 4, statistics)
      }
      return error?.description
    }
    #expect(
      try refusal([1, -1, 1, 1])
        == "allocation `found`: gave block 1 the share -1.0; expected a finite number from 0"
    )
    #expect(try refusal([1, 1, 1, .nan])?.contains("gave block 3 the share nan") == true)
    #expect(
      try refusal([1, 1, 1])?.contains("evidence `numbers` has no result for block 3") == true
    )
  }
}
