import Testing

@testable import BillhookEngine

/// Quartiles against numbers worked out by hand, as `numpy.quantile` gives them.
@Suite struct QuartilesTests {
  @Test(arguments: [
    ([3.0], [3.0, 3, 3]),
    ([4, 2], [2.5, 3, 3.5]),
    ([5, 1, 3], [2, 3, 4]),
    ([10, 40, 20, 30], [17.5, 25, 32.5]),
    ([5, 4, 3, 2, 1], [2, 3, 4]),
    ([1, 1, 1, 1, 100], [1, 1, 1]),
  ])
  func areBetweenTheSortedValues(values: [Double], expected: [Double]) throws {
    let found = try #require(Quartiles(values))
    #expect([found.lower, found.median, found.upper] == expected)
  }

  @Test func nothingHasNone() {
    #expect(Quartiles([]) == nil)
  }
}
