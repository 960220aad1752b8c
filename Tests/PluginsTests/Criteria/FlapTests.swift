import BillhookModels
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// FLAP compares the units of a block; one that has no other is not ranked by rounding errors.
@Suite struct FlapTests {
  /// The model without all KV groups but one in some blocks.
  private func model(loneBlocks: [Int]) throws -> LanguageModel {
    let model = try Golden("llama-gqa").model
    var gates = Gates()
    for units in AttentionHead().units(of: model) where loneBlocks.contains(units.block) {
      let rest = (1..<units.count).map(units.unit)
      gates = AttentionHead().closing(rest, in: gates, of: model)
    }
    return try model.removing(gates)
  }

  @Test func aLoneGroupHasTheScoreZero() throws {
    let tokens = try Golden("llama-gqa").tokens
    let model = try model(loneBlocks: [1])
    let scores = try Scoring(model, [AttentionHead()], .testing()).scored(by: Flap(), on: tokens)
    #expect(scores.blocks.map(\.count) == [2, 1, 2, 2])
    #expect(scores.values[2] == 0)
    #expect(scores.values.count { $0 == 0 } == 1)
  }

  @Test func groupsThatAreAllAloneAreRefused() throws {
    let tokens = try Golden("llama-gqa").tokens
    let model = try model(loneBlocks: [0, 1, 2, 3])
    let error = #expect(throws: ScoreError.self) {
      try Scoring(model, [AttentionHead()], .testing()).scored(by: Flap(), on: tokens)
    }
    #expect(
      error?.message.hasPrefix("compares the units of a block, and each block has only") == true
    )
    // Query heads have others beside them, and Wanda-sp's scores have a meaning of their own.
    var heads = AttentionHead()
    heads.headGranularity = .queryHead
    _ = try Scoring(model, [heads], .testing()).scored(by: Flap(), on: tokens)
    _ = try Scoring(model, [AttentionHead()], .testing()).scored(by: WandaSp(), on: tokens)
  }
}
