import BillhookCore
import BillhookEngine
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct TaylorTests {
  private func scores(
    _ golden: Golden,
    _ aggregate: Taylor.Aggregate,
    _ windows: [TokenWindow]
  ) throws -> [Double] {
    var criterion = Taylor()
    criterion.aggregate = aggregate
    let scoring = Scoring(golden.model, [Block()], .testing())
    let tokens = TokenSet(windows, note: "")
    return try scoring.scored(by: criterion, on: tokens).values
  }

  @Test func samplesInTwoEqualCopiesChangeNothing() throws {
    let golden = try Golden("llama-gqa")
    let windows = golden.tokens.windows
    for aggregate in Taylor.Aggregate.allCases {
      let once = try scores(golden, aggregate, windows)
      let twice = try scores(golden, aggregate, windows + windows)
      #expect(relativeDifference(twice, once) < 1e-5)
    }
  }

  @Test func theOrderOfSamplesChangesNothing() throws {
    let golden = try Golden("llama-gqa")
    for aggregate in Taylor.Aggregate.allCases {
      let forwards = try scores(golden, aggregate, golden.tokens.windows)
      let backwards = try scores(golden, aggregate, golden.tokens.windows.reversed())
      #expect(relativeDifference(backwards, forwards) < 1e-5)
    }
  }

  @Test func signsCancelOverSamplesOnlyInTheSum() throws {
    let golden = try Golden("llama-gqa")
    let absSum = try scores(golden, .absSum, Array(golden.tokens.windows.prefix(3)))
    let sumAbs = try scores(golden, .sumAbs, Array(golden.tokens.windows.prefix(3)))
    // |Σ g·w| / N is at most Σ |g·w| / N, and less where samples disagree.
    #expect(zip(absSum, sumAbs).allSatisfy { $0 < $1 })
    let one = Array(golden.tokens.windows.prefix(1))
    #expect(
      relativeDifference(try scores(golden, .absSum, one), try scores(golden, .sumAbs, one)) < 1e-5
    )
  }

  @Test func withoutDataItSaysSo() throws {
    let golden = try Golden("llama-gqa")
    let error = #expect(throws: ScoreError.self) {
      try Scoring(golden.model, [Block()], .testing()).measure(for: Taylor(), on: nil)
    }
    #expect(error?.description.contains("calibration data") == true)
  }
}
