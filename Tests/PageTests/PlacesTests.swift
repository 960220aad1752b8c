@testable import BillhookPage
import Testing

/// Units are numbered over the model as it was opened; where they are follows from the layout.
@Suite struct PlacesTests {
  @Test func unitsAreFoundInTheirBlocks() {
    let places = RemovedSection.places([0, 2, 3, 5, 99], [3, 0, 2, 1])
    #expect(places.map(\.block) == [0, 0, 2, 3])
    #expect(places.map(\.unit) == [0, 2, 0, 0])
    #expect(RemovedSection.places([-1, 0], []).isEmpty)
  }
}
