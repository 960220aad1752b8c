import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// Scores of every criterion beside an independent computation; see Scripts/golden_models.py.
@Suite struct CriteriaGoldenTests {
  static let criteria: [(name: String, criterion: any Criterion)] = {
    var squared = Magnitude()
    squared.p = 2
    var sumAbs = Taylor()
    sumAbs.aggregate = .sumAbs
    return [
      ("ppl", RemovalPerplexity()), ("magnitude1", Magnitude()), ("magnitude2", squared),
      ("taylor_abs_sum", Taylor()), ("taylor_sum_abs", sumAbs),
    ]
  }()

  @Test(arguments: Golden.names)
  func scoresEqualPyTorch(name: String) throws {
    let golden = try Golden(name)
    let scoring = Scoring(golden.model, [Block()], .testing())
    for (key, criterion) in Self.criteria {
      let scores = try scoring.scored(by: criterion, on: golden.tokens)
      let expected = try #require(golden.scores[key])
      #expect(relativeDifference(scores.values, expected) < 1e-4, "\(key)")
    }
  }
}
