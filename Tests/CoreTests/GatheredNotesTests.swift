@testable import BillhookCore
import Testing

/// The same note about several projections is one line.
@Suite struct GatheredNotesTests {
  @Test func equalNotesAreOneLine() {
    let notes = GatheredNotes()
    for block in 0..<2 {
      let statistics = Statistics()
      statistics.note("is odd", about: "block \(block) up")
      if block == 1 {
        statistics.note("is odd", about: "block 1 down")
        statistics.note("is large", about: "block 1 down")
      }
      statistics.note("a row was not used")
      notes.take(statistics)
    }
    #expect(
      notes.texts == [
        "block 0 up and 2 others: is odd", "a row was not used", "block 1 down: is large",
      ]
    )
  }
}
