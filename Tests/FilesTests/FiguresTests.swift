import TestSupport
import Testing

@testable import BillhookFiles

/// Numbers and counts as people read them.
@Suite struct FiguresTests {
  @Test(arguments: [
    (0.0, "0", "0"), (1, "1", "1.000"), (1.2824, "1.282", "1.282"), (20.634, "20.63", "20.63"),
    (396.188, "396.2", "396.2"), (12345.678, "12346", "12346"), (9.9996, "10", "10.00"),
    (99.996, "100", "100.0"), (999.96, "1000", "1000"), (0.5, "0.5", "0.5000"),
    (0.12345, "0.1235", "0.1235"), (0.012345, "0.01235", "0.01235"), (0.99999, "1", "1.000"),
    (0.0012, "0.0012", "0.001200"), (-2.5, "-2.5", "-2.500"), (1e-4, "1e-4", "1.000e-4"),
    (9_999_999, "9999999", "9999999"), (1e7, "1e7", "1.000e7"),
    (1.23456e30, "1.235e30", "1.235e30"),
    (-1e-9, "-1e-9", "-1.000e-9"), (.infinity, "infinity", "infinity"), (.nan, "nan", "nan"),
    (-.infinity, "-infinity", "-infinity"),
  ])
  func numbers(value: Double, plain: String, inColumn: String) {
    #expect(rounded(value) == plain)
    #expect(rounded(value, keepingZeros: true) == inColumn)
  }

  /// What is shown is within half of its last digit of four, however large or small.
  @Test func noNumberIsFarOff() throws {
    var random = SplitMix64(seed: 1)
    for _ in 0..<5000 {
      let size = Double.random(in: -300...300, using: &random)
      let value = Double.random(in: -1...1, using: &random) * exp10(size)
      let shown = try #require(Double(rounded(value)))
      #expect(abs(shown - value) <= abs(value) * 5.001e-4, "\(value) is shown as \(shown)")
      #expect(rounded(value).count <= 12)
    }
  }

  @Test(arguments: [(0, "0 windows"), (1, "1 window"), (2, "2 windows")])
  func counts(count: Int, text: String) { #expect(counted(count, "window") == text) }
}

private func exp10(_ power: Double) -> Double {
  (0..<Int(abs(power))).reduce(1.0) { value, _ in power < 0 ? value / 10 : value * 10 }
}
