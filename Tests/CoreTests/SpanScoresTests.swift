import BillhookFiles
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// Scores of neighbours that go together, by hand.
@Suite struct SpanScoresTests {
  private let rows = [[0.3, 0.9, 1, 2], [0.1, 0.4, 1.5], [0.5, 0.4], [0.6]]

  private func units() throws -> [PrunableUnit] {
    Block().units(of: try Golden("llama-gqa").model).flatMap(\.all)
  }

  @Test func theLowestAreTheFirstOfThoseThatMayGo() throws {
    let scores = try SpanScores(rows, of: units(), by: "test")
    #expect(scores.lowest(1) { _ in true } == 1..<2)
    // Two pairs have the score 0.4.
    #expect(scores.lowest(2) { _ in true } == 1..<3)
    #expect(scores.lowest(2) { $0 != 1 } == 2..<4)
    #expect(scores.lowest(3) { _ in true } == 0..<3)
    #expect(scores.lowest(4) { _ in true } == 0..<4)
    #expect(scores.lowest(4) { $0 != 2 } == nil)
    #expect(scores.lowest(5) { _ in true } == nil)
  }

  @Test func whatIsMissingOrNoNumberIsAnError() throws {
    func message(_ rows: [[Double]]) throws -> String {
      let units = try units()
      do { _ = try SpanScores(rows, of: units, by: "test") } catch { return error.message }
      return ""
    }
    #expect(try message(rows.dropLast()) == "gave some neighbours no scores")
    #expect(try message([[0.3, 0.9, 1]] + rows.dropFirst()) == "gave some neighbours no scores")
    #expect(
      try message(rows.dropLast() + [[.nan]])
        == "gave the score nan to block 3 and neighbours after it"
    )
  }

  @Test func theyAreReadAsTheyAreWritten() throws {
    let scores = try SpanScores(rows, of: units(), by: "test")
    #expect(
      scores.json.text(indent: nil) == "[[0.3, 0.9, 1.0, 2.0], [0.1, 0.4, 1.5], [0.5, 0.4], [0.6]]"
    )
    #expect(SpanScores(scores.json) == scores)
    for other in [nil, [], [[1], [2]], [[1, "nan"], [2]], [[1, 2, 3], [4]], [1]] as [JSON] {
      let isEmpty = other == []
      #expect((SpanScores(other) != nil) == isEmpty)
    }
  }
}
