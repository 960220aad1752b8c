@testable import BillhookPipeline
import Testing

/// Quantities as people read them.
@Suite struct QuantityTests {
  @Test(arguments: [
    (0.0, "0.0 s"), (0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (119.4, "119 s"),
    (119.6, "2 min"), (3600, "60 min"), (7169, "119 min"), (7171, "2 h 0 min"),
    (90_000, "25 h 0 min"), (-3, "0.0 s"), (1e300, "very long"), (.nan, "very long"),
    (.infinity, "very long"),
  ])
  func seconds(value: Double, text: String) {
    #expect(Quantity.seconds(value) == text)
  }
}
