import BillhookCore
@testable import BillhookPage
import BillhookPipeline
import Foundation
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

/// The page of a report, read as XML: well-formed, whole, and with the numbers of the report.
@Suite struct ReportPageTests {
  private static func page(_ json: JSON, named name: String = "00001-test") throws -> String {
    ReportPage(of: [ReportPage.Run(name: name, try SampleReport.report(json))]).text
  }

  @Test(arguments: [0, 1, 40]) func isWellFormedAndDeterministic(count: Int) throws {
    let json = SampleReport.json(branches: count, failing: count > 1)
    let text = try Self.page(json)
    let parsed = try #require(ParsedPage(text))
    #expect(parsed.ids.count == Set(parsed.ids).count)
    #expect(try Self.page(json) == text)
    // Links lead to parts of the page.
    #expect(
      parsed.links.allSatisfy { $0.hasPrefix("#") && parsed.ids.contains(String($0.dropFirst())) }
    )
  }

  /// Nothing is loaded, whatever models, branches and recipes are called.
  @Test func nothingLeavesTheFile() throws {
    let name = "\"><img src=\"https://example.org/x.png\">"
    let text = try Self.page(SampleReport.json(branches: 4, failing: true), named: name)
    let parsed = try #require(ParsedPage(text))
    #expect(parsed.elements["script"] == 1 && parsed.elements["style"] == 1)
    for element in ["img", "link", "iframe", "object", "image", "use", "foreignObject", "base"] {
      #expect(parsed.elements[element] == nil, "\(element)")
    }
    #expect(
      parsed.attributes.allSatisfy { !["src", "onclick", "onload", "xlink:href"].contains($0) }
    )
    #expect(!String(describing: PageStyle.text).contains("url("))
    #expect(!String(describing: PageStyle.text).contains("@import"))
    #expect(text.contains("default-src 'none'") || text.contains("default-src &#39;none&#39;"))
  }

  @Test func namesStandAsTheyAre() throws {
    let parsed = try #require(ParsedPage(try Self.page(SampleReport.json(branches: 2))))
    #expect(parsed.text.contains(SampleReport.evil))
    #expect(parsed.text.contains("--let"))
    #expect(parsed.text.contains("cut=<3>"))
    #expect(parsed.text.contains("began 2026-11-30T09:15:00Z, took 75 min"))
  }

  /// Every row of the report is a row of the table, with its numbers in full to sort by.
  @Test func numbersAreThoseOfTheReport() throws {
    let json = SampleReport.json(branches: 40)
    let report = try SampleReport.report(json)
    let parsed = try #require(ParsedPage(try Self.page(json)))
    let table = try #require(parsed.tables.first { $0.isSortable })
    #expect(
      table.heads == [
        "#", "model", "parameters", "non-zero", "size", "perplexity wiki", "ms a token b1",
      ]
    )
    #expect(table.rows.count == report.states.count && table.rows.count == 41)
    for (row, state) in zip(table.rows, report.states) {
      #expect(row[1].text == state.label)
      let numbers = row.map(\.number)
      #expect(numbers[2] == Double(state.parameters))
      #expect(numbers[3] == state.nonZero.map(Double.init))
      #expect(numbers[4] == Double(state.bytes))
      #expect(numbers[5] == state.metrics[0].value)
      #expect(numbers[6] == state.metrics[1].value)
    }
    // The chart of perplexity over parameters has the same numbers beneath.
    let beneath = try #require(
      parsed.tables.first {
        $0.heads == ["#", "model", "method", "parameters that are not zero", "perplexity wiki"]
      }
    )
    #expect(beneath.rows.map { $0[4].number } == report.states.map { $0.metrics[0].value })
    #expect(beneath.rows.map { $0[3].number } == report.states.map { $0.nonZero.map(Double.init) })
  }

  /// What models write stands below each prompt, one model after the other; dots where it was cut off.
  @Test func samplesStandSideBySide() throws {
    let parsed = try #require(ParsedPage(try Self.page(SampleReport.json(branches: 2))))
    let heads = ["#", "model", "goes on with", "repeated 4-grams"]
    let tables = parsed.tables.filter { $0.heads == heads }
    let rows = try #require(tables.first).rows
    #expect(tables.count == 1 && rows.count == 3)
    #expect(rows.map { $0[0].number } == [1, 2, 3])
    let texts = rows.map { $0[2].text }
    #expect(texts[0] == "went on\n\(SampleReport.evil) 0")
    #expect(texts[2] == "went on\n\(SampleReport.evil) 2 …")
    // 1212, 2121, 1212 and 2123: one of four was there before.
    #expect(rows.allSatisfy { $0[3].text == "25 %" })
  }

  @Test func errorsStandBesideMeans() throws {
    let parsed = try #require(ParsedPage(try Self.page(SampleReport.json(branches: 1))))
    let table = try #require(parsed.tables.first { $0.isSortable })
    #expect(table.rows[0][5].text == "17.25 ± 0.013")
  }

  /// Rows differ by how much they lack; a line is a method.
  @Test func methodsAreLines() throws {
    let report = try SampleReport.report(SampleReport.json(branches: 40))
    let states = MeasuredState.all(of: [ReportPage.Run(name: "a", report)])
    let methods = states.filter { !$0.isOpened }.map(\.method).uniqued
    #expect(
      methods == [
        "\(SampleReport.evil), attention_head by taylor", "plain, attention_head by taylor",
      ]
    )
    #expect(states.filter(\.isOpened).count == 1)
  }

  /// Numbers far apart are shown by their logarithms, unless they are percentages.
  @Test(arguments: [("perplexity wiki", true), ("KL 90% wiki", true), ("same top % wiki", false)])
  func percentagesHaveALinearAxis(metric: String, isLogarithmic: Bool) throws {
    let json = SampleReport.json(branches: 40, measuring: metric)
    let page = try #require(ParsedPage(try Self.page(json)))
    #expect(page.text.contains("\(metric) over parameters"))
    #expect(page.text.contains("\(metric) (logarithmic)") == isLogarithmic)
  }

  /// A branch that is named for what it does is not said twice.
  @Test func methodsAreNotSaidTwice() throws {
    let report = try SampleReport.report(
      SampleReport.json(of: [
        ("lora", "- 4 block by ppl + lora"), ("flap", "- 30 mlp_channel by flap"),
        ("slowly", "- 4 block by ppl + lora"), ("ppl and more", "- 4 block by ppl"),
      ])
    )
    #expect(
      MeasuredState.all(of: [ReportPage.Run(name: "a", report)]).map(\.method) == [
        "block by ppl + lora", "mlp_channel by flap", "slowly, block by ppl + lora",
        "ppl and more, block by ppl",
      ]
    )
  }

  @Test func endingsAreSaid() throws {
    func text(_ ending: String) throws -> String {
      try #require(ParsedPage(try Self.page(SampleReport.json(branches: 1, ending: ending)))).text
    }
    #expect(try text("open").contains("had not ended"))
    #expect(try text("failed").contains("This run failed"))
    #expect(try text("interrupted").contains("was interrupted"))
    #expect(try !text("finished").contains("This run"))
    let failing = try Self.page(SampleReport.json(branches: 2, failing: true))
    #expect(
      try #require(ParsedPage(failing)).text.contains("cut: went wrong: \(SampleReport.evil)")
    )
  }

  /// A report that an earlier version wrote has no description of its run, and a page nevertheless.
  @Test func olderReportsHaveAPage() throws {
    let parsed = try #require(
      ParsedPage(
        try Self.page([
          "rows": [
            [
              "label": "as opened", "parameters": 10, "bytes": 20,
              "metrics": [["name": "perplexity", "value": 3, "protocol": "note"]],
            ]
          ]
        ])
      )
    )
    #expect(parsed.tables.first?.rows.count == 1)
  }

  @Test func severalRunsShareATable() throws {
    let runs = try ["00001-a", "00002-<b>"].map { name in
      ReportPage.Run(name: name, try SampleReport.report(SampleReport.json(branches: 3)))
    }
    let parsed = try #require(ParsedPage(ReportPage(of: runs).text))
    let table = try #require(parsed.tables.first { $0.isSortable })
    #expect(table.heads.prefix(3) == ["#", "run", "model"])
    #expect(table.rows.count == 8)
    #expect(table.rows.map { $0[1].text }.uniqued == ["00001-a", "00002-<b>"])
    #expect(parsed.ids.count == Set(parsed.ids).count)
  }

  /// Where runs opened different models, the table says which.
  @Test func modelsOfSeveralRunsAreTold() throws {
    let runs = try ["out/whole/model.gguf", "out/cut/model.gguf"].map { model in
      ReportPage.Run(
        name: "00001-a",
        try SampleReport.report(SampleReport.json(branches: 0, of: model))
      )
    }
    func models(_ runs: [ReportPage.Run]) throws -> [String] {
      let parsed = try #require(ParsedPage(ReportPage(of: runs).text))
      let table = try #require(parsed.tables.first { $0.isSortable })
      return table.rows.map { $0[2].text }
    }
    #expect(
      try models(runs) == ["out/whole/model.gguf, as opened", "out/cut/model.gguf, as opened"]
    )
    #expect(try models([runs[0], runs[0]]) == ["as opened", "as opened"])
    // Then rings have their numbers, and none is the dense model.
    let different = "\(ReportPage(of: runs).text)"
    #expect(different.contains(#"class="number">2</text>"#) && !different.contains(">dense<"))
    let same = "\(ReportPage(of: [runs[0], runs[0]]).text)"
    #expect(!same.contains(#"class="number""#) && same.contains(">dense<"))
  }

  /// Maps of single units end after some removals, and the page says so.
  @Test func whatMapsLeaveOutIsSaid() throws {
    for (count, isSaid) in [(12, false), (13, true)] {
      let parsed = try #require(ParsedPage(try Self.page(SampleReport.json(branches: count))))
      #expect(parsed.text.contains("of the first 12 removals of their kind") == isSaid)
    }
  }

  /// Every picture says what it shows, and every figure has its numbers as a table.
  @Test func chartsCanBeHeard() throws {
    let parsed = try #require(ParsedPage(try Self.page(SampleReport.json(branches: 5))))
    let figures = try #require(parsed.elements["figure"])
    #expect(figures > 8)
    #expect(parsed.elements["figcaption"] == figures)
    #expect(parsed.elements["desc"] == figures)
    #expect(parsed.elements["details"] == figures + 1)
  }
}
