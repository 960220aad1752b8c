import BillhookCore
@testable import BillhookPage
import BillhookPipeline
import Testing

/// Each round of a removal marks what went in it, and no round what went in others.
@Suite struct ScoresOfRoundsTests {
  /// What the chart of each scoring marks.
  private func marked(_ scores: [[Int]], _ removals: [(gone: [Int], after: Int?)]) throws
    -> [[String]]
  {
    func integer(_ value: Int) -> JSON { .number(JSONNumber(value)) }
    let json: JSON = [
      "format": 2, "rows": [],
      "scores": .array(
        scores.enumerated().map { index, units in
          [
            "branches": [], "variables": [:], "unit": "block", "criterion": "magnitude",
            "scale": "plain", "asked_for": false, "count": integer(units.count),
            "units": .array(units.map(integer)),
            "scores": .array(units.map { integer($0 + index) }), "file": "scores.csv",
          ]
        }
      ),
      "removals": .array(
        removals.map { removal in
          [
            "branches": [], "variables": [:], "criterion": "magnitude", "amount": "remove 1",
            "keep": "keep none", "removed": ["block": .array(removal.gone.map(integer))],
            "units_of_blocks": [:], "parameters": 1,
            "after_scores": removal.after.map(integer) ?? .null,
          ]
        }
      ),
    ]
    let report = try SampleReport.report(json)
    return ScoresSection(report: report).figures.map { figure in
      figure.numbers.rows.filter { $0[2].text == "yes" }.map { $0[0].text }
    }
  }

  @Test(arguments: [true, false]) func roundsOfARepeat(isNew: Bool) throws {
    let marked = try marked(
      [[0, 1, 2, 3], [0, 2, 3], [0, 2]],
      [([1], isNew ? 1 : nil), ([3], isNew ? 2 : nil), ([0], isNew ? 3 : nil)]
    )
    #expect(marked == [["1"], ["3"], ["0"]])
  }

  @Test func scoringAgainInOneRemoval() throws {
    #expect(try marked([[0, 1, 2, 3], [0, 2, 3]], [([1, 3], 2)]) == [["1"], ["3"]])
  }

  /// Scores that were asked for mark what goes by them next.
  @Test func scoresThatWereAskedFor() throws {
    let all = [0, 1, 2, 3]
    #expect(try marked([all, all, [0, 2, 3]], [([1], 2)]) == [["1"], ["1"], []])
  }

  /// Branches of one name remove by scores of their own.
  @Test func branchesOfOneName() throws {
    #expect(try marked([[0, 1], [0, 1]], [([1], 1), ([0], 2)]) == [["1"], ["0"]])
  }

  /// Of units that are too many to list, charts mark how many of each block went.
  @Test func shareOfEachBlock() throws {
    let report = try SampleReport.report([
      "format": 2, "rows": [],
      "scores": [
        [
          "branches": [], "variables": [:], "unit": "mlp_channel", "criterion": "magnitude",
          "scale": "plain", "asked_for": false, "count": 9, "units": [], "scores": [],
          "means_of_blocks": [2, 1], "units_of_blocks": [4, 5], "file": "scores.csv",
        ]
      ],
      "removals": [
        [
          "branches": [], "variables": [:], "criterion": "magnitude", "amount": "remove 4",
          "keep": "keep none", "removed": ["mlp_channel": [1, 4, 6, 7]],
          "units_of_blocks": ["mlp_channel": [4, 5]], "parameters": 1, "after_scores": 1,
        ]
      ],
    ])
    let figure = try #require(ScoresSection(report: report).figures.first)
    #expect(figure.numbers.rows.map { $0[2].text } == ["1 of 4", "3 of 5"])
    #expect(figure.legend.map(\.text) == ["stayed", "went"])
    let page = figure.picture.source
    #expect(page.contains("block 1: 1.000, 3 of 5 went"))
    #expect(page.ranges(of: "class=\"gone\"").count == 2)
  }
}
