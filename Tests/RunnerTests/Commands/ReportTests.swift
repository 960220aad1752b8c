import BillhookCore
import BillhookPipeline
import Testing
import TestSupport

/// `billhook report`, as a user calls it.
@Suite struct ReportTests {
  @Test func showsTheTableOfTheNewestRun() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        """
        always { evaluate perplexity on windows }
        each cut in [1, 2] { prune block { by magnitude, remove $cut } }
        """,
        in: folder
      )
      let run = try Billhook.call(["run", recipe])
      #expect(run.status == 0, "\(run.errors)")
      let work = ["--work", "\(folder)/.billhook"]

      let plain = try Billhook.call(["report"] + work)
      #expect(plain.status == 0, "\(plain.errors)")
      let table = run.output.split(separator: "\n").filter { !$0.hasPrefix("details") }
      #expect(plain.output.split(separator: "\n").dropFirst() == table[...])

      // The recipe, and the folder that it is in, stand for its newest run.
      for place in [recipe, folder] {
        #expect(try Billhook.call(["report", place]).output == plain.output)
      }
      try FileSystem.write([], to: "\(folder)/other.recipe")
      #expect(try Billhook.call(["report", "\(folder)/other.recipe"]).status == 3)

      let csv = try Billhook.call(["report", "--csv"] + work).output.split(separator: "\n")
      #expect(csv.count == 4)
      #expect(csv[0] == "cut,model,parameters,bytes,perplexity windows,measuring_seconds")
      #expect(csv[2].hasPrefix("1,'- 1 block by magnitude,3"))

      let name = try #require(try FileSystem.names(in: "\(folder)/.billhook/runs").first)
      let markdown = try Billhook.call(["report", name, "--markdown"] + work)
      #expect(
        markdown.output.contains("| model | parameters | size | perplexity windows |\n")
      )
      #expect(markdown.output.contains("| --- | ---: | ---: | ---: |\n"))
    }
  }

  /// At every moment of a run there is something to read, and it is the run that was started last.
  @Test func aRunThatIsBusyIsShown() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        "evaluate perplexity on windows\nscore block on windows { by ppl }\n"
          + "save \"out\"",
        in: folder
      )
      let runs = "\(folder)/.billhook/runs"
      _ = try WorkFolder("\(folder)/.billhook")
      // An earlier one, by a clock that was ahead.
      try FileSystem.makeDirectory("\(runs)/2099-01-01T000000-test")
      var shown: [Billhook.Outcome] = []
      let run = try Billhook.run(["run", recipe]) {
        if let names = try? FileSystem.names(in: runs), names.count == 2,
          let report = try? Billhook.call(["report", "--work", "\(folder)/.billhook"])
        {
          shown.append(report)
        }
        return false
      }
      #expect(run.status == 0, "\(run.errors)")
      #expect(!shown.isEmpty)
      for report in shown {
        #expect(report.status == 0, "\(report.errors)")
        #expect(report.output.hasPrefix("00001-"), "\(report.output)")
        #expect(
          report.output.contains("nothing has been measured") || report.output.contains("as opened")
        )
      }
      let name = try #require(try FileSystem.names(in: runs).max())
      let old = try Billhook.call(["report", name, "--work", "\(folder)/.billhook"])
      #expect(old.output == "\(name)\nnothing has been measured\n")
      let lost = try Billhook.call(["report", "nothing", "--work", "\(folder)/.billhook"])
      #expect(lost.status == 3, "\(lost.errors)")
      #expect(lost.errors.contains("holds no run `nothing`; the newest is 00001-"))
      let byNumber = try Billhook.call(["report", "1", "--work", "\(folder)/.billhook"])
      #expect(byNumber.output.hasPrefix("00001-"), "\(byNumber.output)")
    }
  }

  @Test func eventsAreLinesOfJSON() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe("evaluate perplexity on windows", in: folder)
      let events = try [1, 2].map { _ in
        try Billhook.call(["run", recipe, "--json"]).output.split(separator: "\n").map {
          try JSON(parsing: $0.utf8)
        }
      }
      let names = events.map { $0.compactMap { $0["event"]?.string } }
      #expect(names[0].prefix(3) == ["planned", "step", "began"])
      #expect(names[0].contains("advanced"))
      #expect(names[0].suffix(2) == ["ended", "finished"])
      #expect(names[1] == ["planned", "step", "known", "finished"])
      #expect(events.map { $0[0]["done"]?.int } == [0, 1])
      #expect(events[0][1]["step"]?.int == 1)
      #expect(events[0][1]["run_left"] == .null)
      #expect(events[1][1]["run_left"]?.double == 0)
      let report = try #require(events[0].last?["report"])
      #expect(report["rows"]?.array?.count == 1)
      #expect(events[0].last?["folder"]?.string?.hasPrefix("\(folder)/.billhook/runs/") == true)
    }
  }

  @Test func whatIsMissingIsNamed() throws {
    try Fixture.withFolder { folder in
      let none = try Billhook.call(["report", "--work", folder])
      #expect(none.status == 3)
      #expect(none.errors.contains("holds no run"))
      let unknown = try Billhook.call(["report", "gone", "--work", folder])
      #expect(unknown.status == 3)
      #expect(unknown.errors.contains("\(folder): holds no run `gone`; name a run, a recipe or"))
      #expect(try Billhook.call(["report", "--csv", "--markdown"]).status == 2)
    }
  }
}
