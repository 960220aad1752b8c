@testable import BillhookCore
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookRunner
import TestSupport
import Testing

/// The forms in which a report is kept and shown.
@Suite struct ReportFormatTests {
  private func report(_ text: String) throws -> Report {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(text.utf8), to: "\(folder)/report.json")
      return try Report(contentsOf: "\(folder)/report.json")
    }
  }

  /// A report as this version writes it, with a name that wants to do harm wherever there is one.
  private static func hostile(_ name: String) -> Report {
    let branches = [Branch(named: name), Branch("cut", .list([.string(name), .boolean(true)]))]
    var report = Report()
    report.rows = [
      Report.Row(
        branches: branches,
        state: name,
        parameters: 1_394_400,
        bytes: 2_788_800,
        metrics: [
          Metric(name: name, value: -1.5, quartiles: -2...(-1), protocolNote: name)
        ],
        seconds: 0.25
      )
    ]
    report.scores = [
      Report.Scored(
        branches: branches,
        unit: "block",
        criterion: name,
        scale: .loss,
        units: [0, 2],
        values: [0.25, .infinity],
        count: 2,
        whole: 0.125,
        spans: SpanScores([[0.5, 0.75], [0.5]]),
        file: name,
        isAskedFor: true
      )
    ]
    report.removals = [
      Report.Removal(
        branches: branches,
        criterion: nil,
        amount: name,
        keep: name,
        removed: ["block": [1, 3]],
        parameters: 12
      )
    ]
    report.saved = [Report.Saved(branches: branches, path: name)]
    report.notes = [Report.Note(branches, stage: name, name), Report.Note(name)]
    return report
  }

  static let names = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "a|b", "a\nb", "a\r\n\u{2028}b",
    "<script>x</script>",
    "`code`", "\u{1B}]0;title\u{7}", "\u{1B}[2J", "a\u{202E}b\u{2066}c", "\u{9B}31m",
    "\"quoted\", with",
    "**bold** _x_ [link](http://a)", "\\", "&lt;", "日本語", "",
  ]

  @Test(arguments: names) func whatIsReadIsWhatWasWritten(name: String) throws {
    let report = Self.hostile(name)
    let text = report.json.text(showable: true)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !Self.steers($0) })
    #expect(try self.report(text) == report)
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  @Test(arguments: names) func nothingSteersATerminalOrBecomesMarkup(name: String) {
    let table = ReportTable(Self.hostile(name))
    for width in [nil, 40, 80] as [Int?] {
      let lines = table.lines(within: width, details: true)
      #expect(lines.allSatisfy { !$0.unicodeScalars.contains(where: Self.steers) }, "\(lines)")
    }
    let markdown = table.markdown
    #expect(markdown.allSatisfy { !$0.unicodeScalars.contains(where: Self.steers) })
    #expect(markdown.allSatisfy { !$0.contains("<") })
    // Head, rule and one row with as many cells as the head; what is escaped ends no cell.
    let cells = markdown.prefix(3).map { $0.replacing("\\\\", with: "").replacing("\\|", with: "") }
    #expect(cells.map { $0.count { $0 == "|" } } == [5, 5, 5], "\(markdown)")
    #expect(cells.allSatisfy { !$0.replacing("\\`", with: "").contains("`") })
  }

  @Test(arguments: names) func noCellOfCSVIsAFormula(name: String) throws {
    let lines = ReportTable(Self.hostile(name)).csv
    #expect(lines.count == 2)
    let rows = try lines.map { try Self.cells(of: $0) }
    #expect(rows[0].count == rows[1].count)
    for cell in rows.joined() where Double(cell) == nil {
      let start = cell.first { $0 != " " }
      #expect(start.map { !"=+-@\t\r".contains($0) } ?? true, "\(cell)")
      #expect(!cell.unicodeScalars.contains(where: Self.steers))
    }
    // A number stays one.
    let value = try #require(rows[0].firstIndex { $0.hasSuffix(" lower") }) - 1
    #expect(rows[1][value] == "-1.5")
    #expect(rows[1].last == "0.25")
  }

  /// The cells of a line by RFC 4180.
  private static func cells(of line: String) throws -> [String] {
    var cells: [String] = []
    var rest = Substring(line)
    while true {
      var cell = ""
      if rest.first == "\"" {
        rest = rest.dropFirst()
        while let end = rest.firstIndex(of: "\"") {
          cell += rest[..<end]
          rest = rest[rest.index(after: end)...]
          guard rest.first == "\"" else { break }
          cell += "\""
          rest = rest.dropFirst()
        }
      } else {
        cell = String(rest.prefix { $0 != "," })
        #expect(!cell.contains("\""))
        rest = rest.dropFirst(cell.count)
      }
      cells.append(cell)
      guard rest.first == "," else {
        #expect(rest.isEmpty)
        return cells
      }
      rest = rest.dropFirst()
    }
  }

  @Test func branchesAndVariablesAreData() throws {
    var report = Report()
    report.rows = [
      Report.Row(
        branches: [
          Branch(named: "short"), Branch("cut", .list([.boolean(true), .string("a")])),
          Branch("criterion", .word("taylor+")),
        ],
        state: "- 3 block by taylor+",
        parameters: 10,
        bytes: 20,
        metrics: [],
        seconds: 1
      )
    ]
    let row = try #require(report.json["rows"]?.array?.first)
    #expect(
      row["branches"] == ["branch short", "each cut=[true, \"a\"]", "each criterion=taylor+"]
    )
    #expect(row["variables"] == ["cut": [true, "a"], "criterion": "taylor+"])
    #expect(report.json["format"] == 2)
    #expect(
      ReportTable(report).csv == [
        "branch,cut,criterion,model,parameters,bytes,measuring_seconds",
        #"short,"[true, ""a""]",taylor+,'- 3 block by taylor+,10,20,1.0"#,
      ]
    )
  }

  /// What stood in reports before they had a number.
  @Test func theFirstFormatIsRead() throws {
    let report = try report(
      """
      {
        "billhook": "0.1.0",
        "rows": [
          {
            "label": "cut=3, - 3 block by ppl", "parameters": 34080, "bytes": 136320,
            "metrics": [{"name": "perplexity heldout", "value": 1.29, "protocol": "length 128"}],
            "seconds": 0.5
          }
        ],
        "saved": ["out/minus-3"],
        "failures": [{"branch": ["cut=9"], "stage": "cut", "message": "too much"}]
      }
      """
    )
    #expect(report.rows.map(\.label) == ["cut=3, - 3 block by ppl"])
    #expect(report.rows.first?.seconds == 0.5)
    #expect(report.rows.first?.metrics.first?.value == 1.29)
    #expect(report.saved.map(\.path) == ["out/minus-3"])
    #expect(report.failures.map(\.branches.label) == ["cut=9"])
    #expect(
      ReportTable(report).lines(within: 80) == [
        "model                    parameters      size  perplexity heldout",
        "cut=3, - 3 block by ppl     34.08 K  136.3 kB               1.290",
        "perplexity heldout: length 128", "saved: out/minus-3",
      ]
    )
  }

  @Test(arguments: [
    (#"{"format": 3, "rows": []}"#, "a newer Billhook wrote this one"),
    (#"{"format": "2", "rows": []}"#, "a newer Billhook wrote this one"),
    (#"{"format": 2}"#, "expected the report of a run"), ("[]", "expected the report of a run"),
    (#"{"rows": [{"label": "a"}]}"#, "`rows[0]`"),
    (#"{"rows": [], "scores": [{}]}"#, "`scores[0]`"),
    (#"{"rows": [], "saved": [7]}"#, "`saved[0]`"),
    (#"{"rows": [], "notes": [[]]}"#, "`notes[0]`"),
  ])
  func whatIsNoReport(text: String, says: String) {
    let error = #expect(throws: FileError.self) { try report(text) }
    #expect(error.map { "\($0)".contains(says) } == true, "\(String(describing: error))")
  }

  @Test func scoresStandBesideTheWholeModel() {
    var scored = Report.Scored(
      branches: [],
      unit: "block",
      criterion: "ppl",
      scale: .loss,
      units: [0, 1, 3],
      values: [3, .infinity, 0.25],
      count: 3,
      whole: 0.125,
      spans: nil,
      file: "scores-ppl.csv",
      isAskedFor: true
    )
    var report = Report()
    report.scores = [scored]
    let shown = ReportTable(report).lines(within: 80)
    #expect(
      shown == [
        "", "scores of block, the higher the more important", "unit              ppl",
        "block 0         20.09", "block 1      infinity", "block 3         1.284",
        "whole model     1.133", "losses are shown as perplexities without the unit",
      ]
    )
    scored.whole = nil
    scored.branches = [Branch(named: "b")]
    report.scores = [scored]
    let unknown = ReportTable(report).lines(within: 80)
    #expect(unknown[1] == "[b] scores of block, the higher the more important")
    #expect(unknown.count == 8 && unknown[7].contains("`evaluate` measures it"))
    // Those that only a removal asked for are details.
    scored.isAskedFor = false
    report.scores = [scored]
    #expect(ReportTable(report).lines(within: 80).isEmpty)
    #expect(!ReportTable(report).lines(within: 80, details: true).isEmpty)
  }
}
