import BillhookCore
import BillhookEngine
import BillhookModels
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct RemovalPerplexityTests {
  @Test func aScoreIsTheLossOfTheModelWithoutTheBlock() throws {
    let golden = try Golden("llama-sharded")
    let scoring = Scoring(golden.model, [Block()], .testing())
    let ppl = RemovalPerplexity()
    let scores = try scoring.scored(by: ppl, on: golden.tokens)
    for number in [0, 6, 15] {
      let cut = try golden.model.removingBlocks([number])
      let loss = try Traversal(cut, .testing()).loss(on: golden.tokens)
      #expect(abs(scores.values[number] - loss.mean) < 1e-6)
      #expect(abs(scores.shown(number) / loss.perplexity - 1) < 1e-6)
    }
  }

  @Test func scoresOfAPrunedModelKeepTheNumbersOfTheOpenedOne() throws {
    let golden = try Golden("llama-gqa")
    let smaller = try golden.model.removingBlocks([1])
    let scoring = Scoring(smaller, [Block()], .testing())
    let ppl = RemovalPerplexity()
    let scores = try scoring.scored(by: ppl, on: golden.tokens)
    #expect(scores.units.map(\.number) == [0, 2, 3])
    let cut = try golden.model.removingBlocks([1, 2])
    let loss = try Traversal(cut, .testing()).loss(on: golden.tokens)
    #expect(abs(scores.values[1] - loss.mean) < 1e-6)
  }

  /// Scores of a kind are known by it alone, so others beside it may change no bit.
  @Test func scoresAreTheSameWhicheverKindsAreScoredBesideThem() throws {
    let golden = try Golden("llama-gqa")
    let ppl = RemovalPerplexity()
    func values(_ units: [any PruningUnit]) throws -> [[Double]] {
      let scoring = Scoring(golden.model, units, .testing())
      return try scoring.scores(by: ppl, from: scoring.measure(for: ppl, on: golden.tokens))
        .map(\.values)
    }
    let both = try values([AttentionSublayer(), MLPSublayer()])
    let alone = try values([AttentionSublayer()]) + values([MLPSublayer()])
    #expect(alone == both)
  }
}
