import BillhookCore
import BillhookPlugins
import TestSupport
import Testing

/// Which lists of plugins can be registered, and what is said about the others.
@Suite struct RegistryTests {
  private func problem(_ list: [any Plugin.Type]) -> String? {
    do throws(RegistryError) {
      _ = try Registry(list)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func builtinPluginsAreFound() throws {
    let registry = try Registry(BuiltinPlugins.all)
    #expect(
      registry.names(of: .data)
        == ["blend", "conversations", "instructions", "jsonl", "task", "text", "tokens"]
    )
    #expect(registry.plugin(.criterion, named: "taylor")?.name == "taylor")
    #expect(registry.plugin(.unit, named: "taylor") == nil)
    #expect(registry.names(of: .recovery) == ["cpt", "distill", "lora"])
  }

  @Test func duplicatesAreNamedBoth() throws {
    let text = try #require(problem([SampleSource.self, Doubles.Other.self]))
    #expect(text.contains("two plugins are named `sample` as data source"))
    #expect(text.contains("TestSupport.SampleSource"))
    #expect(text.contains("ResolverTests.Doubles.Other"))
    #expect(problem([SampleSource.self, SampleSource.self]) != nil)
  }

  @Test func kindsHaveTheirOwnNames() throws {
    let registry = try Registry([SampleSource.self, SampleEvaluation.self])
    #expect(registry.kinds(having: "sample") == [.data, .evaluation])
    #expect(registry.plugin(.data, named: "sample") is SampleSource.Type)
    #expect(registry.plugin(.evaluation, named: "sample") is SampleEvaluation.Type)
  }

  @Test(arguments: [
    (BadNames.Upper.self as any Plugin.Type, "`Upper`"), (BadNames.Empty.self, "``"),
    (BadNames.Digit.self, "`2nd`"), (BadNames.Plus.self, "`plus+`"),
    (BadNames.Umlaut.self, "`häufig`"), (BadNames.On.self, "`on`"),
    (BadNames.Parameter.self, "the parameter `not-good`"),
  ])
  func badNames(type: any Plugin.Type, text: String) throws {
    #expect(try #require(problem([type])).contains(text))
  }

  @Test(arguments: [
    (BadParameters.Twice.self as any Plugin.Type, "`size` is declared twice"),
    (BadParameters.Outside.self, "the default of `size` is 0, outside its own range, 1 or more"),
    (BadParameters.Window.self, "`stride` has the name of a setting that every data source has"),
    (BadParameters.Overwrite.self, "`overwrite` has the name of a setting that every format has"),
    (BadParameters.NoSource.self, "is not a data source, though its `kind` says so"),
    (BadParameters.NoScores.self, "is not a criterion, though its `kind` says so"),
  ])
  func badParameters(type: any Plugin.Type, text: String) throws {
    let found = try #require(problem([type]))
    #expect(found.contains(text))
    #expect(found.contains(String(reflecting: type)))
  }
}

enum Doubles {
  struct Other: DataSource {
    static let name = "sample"
    static let summary = "Has the name of another."
    func documents() throws -> [Document] { [] }
  }
}

private protocol Silent: DataSource {}

extension Silent {
  static var summary: String { "Reads nothing." }
  func documents() throws -> [Document] { [] }
}

private enum BadNames {
  struct Upper: Silent { static let name = "Upper" }
  struct Empty: Silent { static let name = "" }
  struct Digit: Silent { static let name = "2nd" }
  struct Plus: Silent { static let name = "plus+" }
  struct Umlaut: Silent { static let name = "häufig" }
  struct On: Silent { static let name = "on" }

  struct Parameter: Silent {
    static let name = "good"
    static let parameters = [BillhookCore.Parameter<Self>("not-good", \.size, help: "")]
    var size = 1
  }
}

private enum BadParameters {
  struct Twice: Silent {
    static let name = "twice"
    static let parameters = [
      Parameter<Self>("size", \.size, help: ""), Parameter("size", \.other, help: ""),
    ]
    var size = 1
    var other = 2
  }

  struct Outside: Silent {
    static let name = "outside"
    static let parameters = [Parameter<Self>("size", \.size, in: 1..., help: "")]
    var size = 0
  }

  struct Window: Silent {
    static let name = "window"
    static let parameters = [Parameter<Self>("stride", \.stride, help: "")]
    var stride = 0
  }

  struct Overwrite: Format {
    static let name = "overwriting"
    static let summary = "Writes nothing."
    static let parameters = [Parameter<Self>("overwrite", \.overwrite, help: "")]
    var overwrite = true

    func write(_ model: LanguageModel, into directory: String, _ context: RunContext) throws {}
    func read(_ directory: String) throws -> LanguageModel { try LanguageModel(opening: directory) }
    func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType { .float32 }
  }

  struct NoSource: Plugin {
    static let name = "empty"
    static let summary = "Says that it is what it is not."
    static let kind = PluginKind.data
  }

  struct NoScores: Criterion {
    static let name = "undecided"
    static let summary = "Is neither of the two kinds of criteria."
  }
}
