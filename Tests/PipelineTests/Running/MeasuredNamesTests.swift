import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// What is measured on other data, or with other settings, has a name of its own in every report.
@Suite struct MeasuredNamesTests {
  /// Data of one name in two branches of one name, and in a loop.
  @Test func dataOfOneNameIsToldApart() throws {
    try Fixture.withFolder { folder in
      let twins = ["4", "5"].map { length in
        """
        branch "a" {
          data d = tokens "ids.txt" { length = \(length) }
          evaluate perplexity on d
          prune block on windows { by magnitude, remove 1 }
          evaluate perplexity on d
          save "OUT/\(length)"
        }
        """
      }
      let loop = """
        each size in [4, 6] {
          data e = tokens "ids.txt" { length = $size, stride = 4 }
          evaluate perplexity on e
        }
        evaluate perplexity on windows
        """
      try FileSystem.write(Array("1 2 3 4 5 6 7 8 9 10 11 12\n".utf8), to: "\(folder)/ids.txt")
      let report = try TinyRun(twins.joined(separator: "\n") + "\n" + loop, in: folder).report()
      try #require(report.failures.isEmpty, "\(report.failures)")
      let own = report.rows.map { $0.metrics.map(\.name) }
      let (four, five) = ("perplexity d (length = 4)", "perplexity d (length = 5)")
      #expect(
        own == [
          [four], [four], [five], [five], ["perplexity e (length = 4)"],
          ["perplexity e (length = 6)"], ["perplexity windows"],
        ]
      )
      // The model as it was opened is one row, with a value for each data.
      let states = report.states.filter { $0.label == "a, as opened" }
      #expect(states.map { $0.metrics.map(\.name) }.joined().sorted() == [four, five])
      for (length, rows) in [("4", report.rows[0...1]), ("5", report.rows[2...3])] {
        let card = try Fixture.text("\(folder)/out/\(length)/README.md")
        let values = rows.map { Quantity.number($0.metrics[0].value) }
        #expect(
          card.contains(
            "| perplexity d (length = \(length)) | \(values.joined(separator: " | ")) |"
          ),
          "\(card)"
        )
        #expect(!card.contains("d (length = \(length == "4" ? 5 : 4))"), "\(card)")
      }
    }
  }

  /// Other settings of one evaluation, unless its names tell them; long ones are shortened.
  @Test func settingsAreToldApart() throws {
    try Fixture.withFolder { folder in
      let inputs = try TinyRun("evaluate perplexity on windows", in: folder).plan.inputs
      func measured(_ left: Int, _ right: String) -> MeasuredNames.Measurement {
        var evaluation = SampleEvaluation()
        (evaluation.left, evaluation.right) = (left, right)
        return MeasuredNames.Measurement(evaluation: evaluation, data: "windows")
      }
      let metric = Metric(name: "x", value: 1, protocolNote: "")
      func names(_ all: [MeasuredNames.Measurement]) -> [String] {
        let names = MeasuredNames(all, inputs)
        return all.map { names.named([metric], of: $0)[0].name }
      }
      #expect(names([measured(1, "a"), measured(1, "a")]) == ["x windows", "x windows"])
      #expect(
        names([measured(1, "a"), measured(2, "a"), measured(2, "a")])
          == ["x windows (left = 1)", "x windows (left = 2)", "x windows (left = 2)"]
      )
      let long = String(repeating: "long ", count: 20)
      let found = names([measured(1, long + "a"), measured(1, long + "b")])
      #expect(Set(found).count == 2 && found.allSatisfy { $0.count < 90 }, "\(found)")
    }
  }
}
