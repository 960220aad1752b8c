import BillhookCore
import BillhookPipeline
import Testing
import TestSupport

/// The page in the folder of a run, and that of several runs, as a user gets them.
@Suite struct ReportPageTests {
  private static let recipe = """
    always { evaluate perplexity on windows }
    each cut in [1, 2] { prune block { by magnitude, remove $cut } }
    """

  private static func run(_ recipe: String, _ more: [String] = []) throws -> Billhook.Outcome {
    try Billhook.call(["run", recipe] + more)
  }

  private static func pages(_ folder: String) throws -> [String] {
    try FileSystem.names(in: "\(folder)/.billhook/runs").sorted().map {
      "\(folder)/.billhook/runs/\($0)/report.html"
    }
  }

  @Test func everyRunHasAPage() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      #expect(try Self.run(recipe).status == 0)
      // What is found again has a page as well, which says the same.
      #expect(try Self.run(recipe).status == 0)
      let pages = try Self.pages(folder)
      #expect(pages.count == 2)
      for page in pages {
        let text = try Fixture.text(page)
        #expect(try SealedPage.isWhole(page, by: .report))
        #expect(text.contains("- 2 blocks by magnitude"))
        #expect(text.contains("perplexity windows over parameters"))
        #expect(text.contains("each cut in [1, 2]"))
        #expect(!text.contains("had not ended"))
      }
      let out = "\(folder)/all.html"
      let work = ["--work", "\(folder)/.billhook"]
      let names = try FileSystem.names(in: "\(folder)/.billhook/runs")
      let report = try Billhook.call(["report", "--html", out] + names + work)
      #expect(report.status == 0, "\(report.errors)")
      #expect(report.output == "page: \(out)\n")
      let both = try Fixture.text(out)
      for name in names { #expect(both.contains(name)) }
      #expect(try Billhook.call(["report", "--html", out] + work).status == 0)
      #expect(try Fixture.text(out) != both)
      try FileSystem.write(Array("mine".utf8), to: out)
      let refused = try Billhook.call(["report", "--html", out] + work)
      #expect(refused.status == 3)
      #expect(refused.errors.contains("is not a page that Billhook wrote"))
      #expect(try Fixture.text(out) == "mine")
      #expect(try Billhook.call(["report", "--html", out, "--csv"] + work).status == 2)
      // Pages go with their runs, but for one that somebody wrote on.
      let changed = try Fixture.text(pages[1]).replacing("<h1>", with: "<h1>My ")
      try FileSystem.write(Array(changed.utf8), to: pages[1])
      #expect(try Billhook.call(["clean", folder]).status == 0)
      #expect(!FileSystem.exists(pages[0]))
      #expect(try Fixture.text(pages[1]) == changed)
    }
  }

  /// A run that fails in the middle has a page that says so.
  @Test func aFailedRunSaysSo() throws {
    try Fixture.withFolder { folder in
      // No vocabulary has such a token, and of a long file that is known only when windows are made.
      let lines = String(repeating: "999999 1 2\n", count: 100_000)
      try FileSystem.write(Array(lines.utf8), to: "\(folder)/bad.txt")
      let recipe = try Billhook.recipe(
        "data bad = tokens \"bad.txt\" { samples = 1 }\nevaluate perplexity on windows\n"
          + "branch \"broken\" { evaluate perplexity on bad }\nevaluate perplexity on bad",
        in: folder
      )
      let run = try Self.run(recipe)
      #expect(run.status == 3, "\(run.output)\(run.errors)")
      let text = try Fixture.text(try #require(try Self.pages(folder).last))
      #expect(text.contains("This run failed"))
      #expect(text.contains("[broken] "))
      #expect(text.contains("the token id 999999"))
      #expect(text.contains("perplexity windows"))
    }
  }

  /// Trainings write what TensorBoard reads, beside the log of JSON lines.
  @Test func trainingsWriteEventFiles() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        "recover lora on windows { epochs = 1, rank = 2 }",
        in: folder
      )
      let board = "\(folder)/board"
      let run = try Self.run(recipe, ["--tensorboard", board])
      #expect(run.status == 0, "\(run.errors)")
      let name = try #require(try FileSystem.names(in: board).first)
      #expect(try FileSystem.names(in: "\(folder)/.billhook/runs") == [name])
      let logs = try FileSystem.names(in: "\(board)/\(name)")
      #expect(logs == ["training-lora"])
      let file = try #require(try FileSystem.names(in: "\(board)/\(name)/\(logs[0])").first)
      let text = String(
        decoding: try FileSystem.read("\(board)/\(name)/\(logs[0])/\(file)"),
        as: UTF8.self
      )
      for tag in ["brain.Event:2", "loss", "learning_rate", "tokens_per_second"] {
        #expect(text.contains(tag), "\(tag)")
      }
      // A run that finds the training again shows the same log.
      let runs = "\(folder)/.billhook/runs"
      let log = try Fixture.text("\(runs)/\(name)/training-lora.jsonl")
      let again = try Self.run(recipe, ["--tensorboard", board])
      #expect(again.errors.contains("trained before"), "\(again.errors)")
      let second = try #require(try FileSystem.names(in: board).sorted().last)
      #expect(second != name)
      #expect(try Fixture.text("\(runs)/\(second)/training-lora.jsonl") == log)
      let events = "\(board)/\(second)/training-lora"
      let copy = try #require(try FileSystem.names(in: events).first)
      let bytes = try FileSystem.read("\(board)/\(name)/\(logs[0])/\(file)")
      #expect(try FileSystem.read("\(events)/\(copy)").count == bytes.count)
      // One whose log was lost says so.
      let products = "\(folder)/.billhook/products"
      let product = try #require(try FileSystem.names(in: products).first)
      try FileSystem.remove("\(products)/\(product)/log.jsonl")
      let without = try Self.run(recipe, ["--tensorboard", board])
      #expect(
        (without.output + without.errors).contains("its log is not kept"),
        "\(without.errors)"
      )
    }
  }
}
