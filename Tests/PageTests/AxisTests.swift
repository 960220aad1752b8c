@testable import BillhookPage
import Testing

/// Ticks stand at round numbers, and numbers where they belong.
@Suite struct AxisTests {
  @Test func ticksAreRound() {
    let axis = Axis("loss", [2.31, 4.87])
    #expect(axis.ticks.map(\.text) == ["2.5", "3.0", "3.5", "4.0", "4.5", "5.0"])
    #expect(axis.title == "loss")
    let counts = Axis("parameters", [101_000_000, 134_000_000], unit: "")
    #expect(counts.ticks.map(\.text) == ["100", "110", "120", "130"])
    #expect(counts.title == "parameters (millions)")
    let bytes = Axis("bytes", [500, 1500], unit: "B")
    #expect(bytes.title == "bytes (kB)")
    #expect(bytes.ticks.map(\.text) == ["0.6", "0.8", "1.0", "1.2", "1.4"])
  }

  @Test func numbersFarApartAreShownByTheirLogarithms() {
    let axis = Axis("perplexity", [8, 40_000], mayBeLogarithmic: true)
    #expect(axis.title == "perplexity (logarithmic)")
    #expect(axis.ticks.map(\.value) == [10, 100, 1000, 10_000])
    // Equal factors are equal distances.
    let steps = [10.0, 100, 1000].map(axis.place)
    #expect(abs((steps[2] - steps[1]) - (steps[1] - steps[0])) < 1e-9)
    #expect(Axis("accuracy", [0, 0.9], mayBeLogarithmic: true).title == "accuracy")
  }

  @Test(arguments: [[], [3.0], [0.0, 0.0], [-2.0, -2.0], [Double.infinity, 1], [1e-12, 2e-12]])
  func oddNumbersHaveAnAxis(values: [Double]) {
    let axis = Axis("x", values, fromZero: false)
    #expect(axis.ticks.count >= 2 && axis.ticks.count < 16)
    for value in values where value.isFinite { #expect((0...1).contains(axis.place(value))) }
  }

  @Test func barsBeginAtZero() {
    let axis = Axis("score", [3, 5], fromZero: true)
    #expect(axis.place(0) == 0)
    let both = Axis("score", [-1, 1], fromZero: true)
    #expect(abs(both.place(0) - 0.5) < 1e-9)
  }
}
