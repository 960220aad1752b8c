import BillhookModels
import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookResolver
import TestSupport
import Testing

/// Keys that a recipe passes over are part of the model that it starts with.
@Suite struct PassedOverRunTests {
  private struct Ran {
    let report: Report
    let stages: Int
  }

  /// Runs a recipe that starts with a model, in a work folder that others share.
  private func run(_ model: String, saving: String, in folder: String) throws -> Ran {
    let text = """
      model \(model)
      data words = tokens "\(folder)/windows.txt"
      evaluate perplexity on words
      save "\(folder)/\(saving)"
      """
    let source = SourceText(name: "test", text: text)
    let resolved = Resolver.resolve(
      Recipe.parse(source).recipe,
      registry: try Registry(BuiltinPlugins.all),
      folder: folder
    )
    let plan = try #require(resolved.plan, "\(resolved.diagnostics.map(\.message))")
    #expect(PlanCheck.diagnostics(of: plan, memory: nil).map(\.message) == [])
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let context = RunContext(scratch: runs.scratch)
    let report = try Pipeline(plan, context, work, runs, build: "test").run()
    return Ran(report: report, stages: try FileSystem.names(in: "\(work.path)/stages").count)
  }

  @Test func otherKeysAreAnotherModel() throws {
    try Fixture.withFolder { folder in
      let golden = try Golden("mistral-window")
      try FileSystem.write(Array(TokenFile.text(golden.tokens).utf8), to: "\(folder)/windows.txt")
      let path = golden.model.directory.path
      let plain = try run("\"\(path)\"", saving: "plain", in: folder)
      let wide = try run(
        "\"\(path)\" { ignore = [\"sliding_window\"] }",
        saving: "wide",
        in: folder
      )
      // Without the key a Mistral sees 4096 tokens; the texts are longer than the window of 5.
      let (one, other) = (plain.report.rows[0].metrics[0], wide.report.rows[0].metrics[0])
      #expect(abs(one.value - other.value) > 1e-3)
      #expect(wide.stages > plain.stages)
      #expect(
        try LanguageModel(opening: "\(folder)/wide").blocks[0].attention?.window == 4096
      )
      let record = try JSON(parsing: FileSystem.read("\(folder)/wide/billhook.json"))
      #expect(record["steps"] == ["ignore sliding_window"])
    }
  }

  @Test func aKeyThatIsNotThereIsFoundByTheCheck() throws {
    let text = "model \"\(Fixture.path("models/mistral"))\" { ignore = [\"sliding\"] }\nsave \"x\""
    let resolved = Resolver.resolve(
      Recipe.parse(SourceText(name: "test", text: text)).recipe,
      registry: try Registry(BuiltinPlugins.all),
      folder: "."
    )
    let found = try PlanCheck.diagnostics(of: #require(resolved.plan), memory: nil)
    #expect(found.map(\.code) == ["E0302"])
    #expect(found[0].message.hasSuffix("`sliding`: is to be ignored, but there is no such key"))
  }

  static let names: [(text: String, code: String, says: String)] = [
    ("model \"no-such-organisation/none\"", "E0302", "`hf download no-such-organisation/none`"),
    ("model \"hub:no-such-organisation/none\"", "E0302", "is not in the cache, "),
    ("model \"hub:..\"", "E0302", "expected hub:ORGANISATION/MODEL"),
    ("model \"~/none\"", "E0202", "expects a path without `~`"),
    (
      "recover distill on words { teacher = \"no-such-organisation/none\", steps = 1 }", "E0302",
      "`hf download no-such-organisation/none`"
    ),
    (
      "recover distill on words { teacher = \"hub:no-such-organisation/none\", steps = 1 }",
      "E0302", "is not in the cache, "
    ),
    ("recover distill on words { teacher = \"none\", steps = 1 }", "E0301", "no file `none`"),
  ]

  /// Names that are no directories say what is wanted, wherever they stand.
  @Test(arguments: names.indices)
  func namesOfModelsThatAreNotThere(index: Int) throws {
    let (text, code, says) = Self.names[index]
    let start = text.hasPrefix("model") ? "" : "model \"\(Fixture.path("models/mistral"))\"\n"
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("1 2 3\n".utf8), to: "\(folder)/words.txt")
      let recipe = "\(start)\(text)".replacing(
        "recover",
        with: "data words = tokens \"words.txt\"\nrecover"
      )
      let resolved = Resolver.resolve(
        Recipe.parse(SourceText(name: "test", text: recipe)).recipe,
        registry: try Registry(BuiltinPlugins.all),
        folder: folder
      )
      let checked = resolved.plan.map { PlanCheck.diagnostics(of: $0, memory: nil) } ?? []
      let found = resolved.diagnostics + checked
      #expect(found.map(\.code) == [code])
      #expect(found.first?.message.contains(says) == true, "\(found.map(\.message))")
    }
  }

  /// What stands for a token that begins a text, and is none, matters where one is asked for.
  @Test(arguments: [-1, 61, "a", [], [-1], [99, 1]] as [JSON])
  func aStrayBeginningMattersWhereItIsAskedFor(value: JSON) throws {
    try ModelCopy.with("llama-gqa") { copy in
      try copy.configure { $0.set("bos_token_id", to: value) }
      let configuration = try copy.open().configuration
      #expect(configuration.beginningToken == nil)
      let fault = try #require(configuration.beginningTokenFault)
      #expect(fault.contains("`bos_token_id`: expected a token id below 61, found "))
      var settings = WindowSettings()
      settings.length = 2
      settings.bos = .first
      var windowing = Windowing(settings, beginning: TextBeginning(nil, isAdded: false)) { _ in
        [1, 2, 3, 4]
      }
      windowing.beginningFault = fault
      let error = #expect(throws: DataError.self) {
        _ = try windowing.windows(of: [.text("text")])
      }
      #expect(error?.description.contains(fault) == true)
      settings.bos = WindowSettings.Beginning.nowhere
      #expect(
        try Windowing(settings, beginning: TextBeginning(nil, isAdded: false)) { _ in [1, 2, 3, 4] }
          .windows(of: [.text("text")]).windows.count == 2
      )
    }
  }
}
