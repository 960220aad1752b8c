import BillhookModels
import BillhookPlugins
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPipeline
import TestSupport
import Testing

/// The loss of the whole model, which is measured beside those without a unit.
@Suite struct WholeLossTests {
  private static let units: [any PruningUnit.Type] = BuiltinPlugins.all
    .compactMap { $0 as? any PruningUnit.Type }

  /// No candidate's loss has another bit for it, and it is the loss of a pass of its own.
  @Test func itIsThatOfTheModelAloneAndChangesNoOther() throws {
    for name in ["llama-gqa", "gemma2", "qwen3"] {
      let golden = try Golden(name)
      for type in Self.units {
        let unit = type.init()
        let candidates = unit.units(of: golden.model).flatMap(\.all).prefix(40).map {
          unit.closing([$0], in: golden.model.gates, of: golden.model)
        }
        for tokensAtOnce in [nil, 16, 40] as [Int?] {
          var context = RunContext.testing()
          context.tokensAtOnce = tokensAtOnce
          let traversal = Traversal(golden.model, context)
          let without = try traversal.forward(golden.tokens, candidates: candidates, tree: nil)
          let both = try traversal.forward(
            golden.tokens,
            candidates: candidates,
            tree: nil,
            alsoOwn: true
          )
          #expect(Array(both.dropLast()) == without, "\(name), \(type.name)")
          let whole = try #require(both.last).reduce(TokenLoss(), +)
          let alone = try traversal.loss(on: golden.tokens)
          #expect(whole == alone, "\(name), \(type.name)")
        }
      }
    }
  }

  /// In rounds, where states of earlier ones are known, it is that of what is left.
  @Test func itIsKnownInEveryRound() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        "prune block on windows { by ppl, remove 2, rescore every 1 }\nscore block on windows { by ppl }",
        in: folder
      )
      let report = try run.report()
      #expect(report.scores.count == 3)
      let golden = try Golden("llama-gqa")
      let first = try #require(report.scores[0].whole)
      #expect(first == (try Traversal(golden.model, .testing()).loss(on: golden.tokens).mean))
      // The loss without the unit that goes is that of the whole model of the next round.
      for (one, next) in zip(report.scores, report.scores.dropFirst()) {
        let least = try #require(one.values.min())
        #expect(abs(try #require(next.whole) - least) < 1e-5)
      }
      #expect(report.scores.map(\.isAskedFor) == [false, false, true])
      // What is found again says it as well.
      #expect(try run.report().scores.map(\.whole) == report.scores.map(\.whole))
    }
  }
}
