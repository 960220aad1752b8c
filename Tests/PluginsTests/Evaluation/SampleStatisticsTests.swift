@testable import BillhookPlugins
import Testing

/// Means, errors and quantiles by hand.
@Suite struct SampleStatisticsTests {
  @Test func interpolatesQuantiles() {
    let statistics = SampleStatistics([4, 1, 3, 2])
    #expect(statistics.median == 2.5)
    #expect(abs(statistics.quantile(0.9) - 3.7) < 1e-12)
    #expect(statistics.quantile(0) == 1)
    #expect(statistics.quantile(1) == 4)
    #expect(SampleStatistics([5]).quantile(0.99) == 5)
  }

  /// The numbers 0 to 10: mean 5, variance 10; their squares: mean 35, variance 1,078.
  @Test func givesErrorsOfMoreThanTen() {
    let statistics = SampleStatistics((0...10).map(Double.init))
    #expect(statistics.mean == 5)
    #expect(abs(statistics.error - 1) < 1e-12)
    #expect(abs(statistics.rootMeanSquare - 35.0.squareRoot()) < 1e-12)
    let error = (1078.0 / 10).squareRoot() / (2 * 35.0.squareRoot())
    #expect(abs(statistics.errorOfRootMeanSquare - error) < 1e-12)
    #expect(SampleStatistics((1...10).map(Double.init)).error == 0)
  }

  @Test func givesErrorsOfShares() {
    #expect(SampleStatistics.error(ofShare: 0.5, of: 26) == 0.1)
    #expect(SampleStatistics.error(ofShare: 1, of: 26) == 0)
    #expect(SampleStatistics.error(ofShare: 1, of: 1) == 0)
  }
}
