import BillhookRecipe
@testable import BillhookCore
@testable import BillhookPipeline
@testable import BillhookResolver
import TestSupport
import Testing

/// Parameters of every type: what they take, what they say, what they give back.
@Suite struct ParameterTests {
  private func parameter(_ name: String) throws -> Parameter<SampleSource> {
    try #require(SampleSource.parameters.first { $0.name == name })
  }

  private func literal(_ text: String) throws -> Literal {
    let source = SourceText(name: "", text: "let x = \(text)")
    let value = try #require(Recipe.parse(source).recipe.statements.first?.arguments.first)
    return try #require(Self.literal(value))
  }

  private static func literal(_ value: Value) -> Literal? {
    switch value.kind {
    case .number(let number): return .number(number)
    case .percentage(let number): return .percentage(number)
    case .quantity(let number, let unit): return .quantity(number, unit: unit)
    case .ratio(let left, let right): return .ratio(left, right)
    case .boolean(let flag): return .boolean(flag)
    case .word(let word): return .word(word)
    case .string(let parts):
      return .string(parts.map { if case .text(let text) = $0 { text } else { "" } }.joined())
    case .list(let values): return .list(values.compactMap(literal))
    case .end(let end, let count):
      return literal(count).flatMap(Int.init).map { .end(end, $0) }
    case .variable, .range: return nil
    }
  }

  @Test(arguments: [
    ("whole", "9", "9"), ("whole", "2.0", "2"), ("whole", "1e0", "1"),
    ("fraction", "0", "0.0"), ("fraction", "1e-4", "0.0001"), ("flag", "true", "true"),
    ("title", #""a \"b\" \\ \n $$""#, #""a \"b\" \\ \n $$""#), ("title", #""""#, #""""#),
    ("mode", "none", "none"), ("mode", "some_of", "some_of"),
    ("size", "4GB", "4GB"), ("size", "1500MB", "1500MB"), ("size", "1MiB", "1048576B"),
    ("size", "1.5KB", "1500B"), ("size", "1KB", "1KB"), ("size", "2TB", "2000GB"),
    ("limit", "2", "2"), ("share", "0.25", "0.25"), ("fallback", "none", "none"),
    ("layers", "[1, 2]", "[1, 2]"), ("layers", "[]", "[]"),
    ("input", #""a.txt""#, #""a.txt""#), ("more", #""b.txt""#, #""b.txt""#),
    ("others", #"["c", "d"]"#, #"["c", "d"]"#),
  ])
  func takes(name: String, text: String, shown: String) throws {
    var plugin = SampleSource()
    let parameter = try parameter(name)
    #expect(try parameter.assign(literal(text), to: &plugin))
    #expect(parameter.value(of: plugin) == shown)
    // What is shown can be written, and means the same.
    var other = SampleSource()
    #expect(try parameter.assign(literal(shown), to: &other))
    #expect(other.signature == plugin.signature)
  }

  @Test(arguments: [
    ("whole", ["0", "10", "1.5", "-3", "20%", "4GB", "2:4", "\"6\"", "six", "true", "[6]"]),
    ("layers", ["[1e30]"]),
    ("fraction", ["-0.1", "1.1", "50%", "half"]), ("flag", ["yes", "1", "\"true\""]),
    ("title", ["word", "6", "true"]), ("mode", ["some", "\"all\"", "All", "true"]),
    ("size", ["4", "4gb", "999B", "4XB", "-4GB", "1e30GB", "4%"]),
    ("limit", ["1", "none", "2.5"]), ("share", ["0.6", "none"]), ("fallback", ["never"]),
    ("layers", ["1", "[1, x]", "[1.5]", "[[1]]"]), ("input", [#""""#, "a", "6"]),
    ("more", ["none", "b"]), ("others", [#""c""#, "[c]", "[6]"]),
  ])
  func refuses(name: String, texts: [String]) throws {
    let parameter = try parameter(name)
    for text in texts {
      var plugin = SampleSource()
      #expect(try !parameter.assign(literal(text), to: &plugin), "\(text)")
      #expect(plugin.signature == SampleSource().signature)
    }
  }

  @Test(arguments: [
    ("whole", "a whole number from 1 to 9"), ("fraction", "a number from 0.0 to 1.0"),
    ("flag", "true or false"), ("title", "a string in quotes"),
    ("mode", "`none`, `some_of` or `all`"), ("size", "a size such as 4GB, 1KB or more"),
    ("limit", "a whole number, 2 or more"), ("share", "a number from 0.0 to 0.5"),
    ("fallback", "`none`, `some_of` or `all`"), ("layers", "a list, each a whole number"),
    ("input", "a file's path in quotes"), ("others", "a list, each a file's path in quotes"),
  ])
  func saysWhatItTakes(name: String, text: String) throws {
    #expect(try parameter(name).permitted == text)
  }

  @Test func choicesAreListed() throws {
    #expect(try parameter("mode").choices == ["none", "some_of", "all"])
    #expect(try parameter("fallback").choices == ["none", "some_of", "all"])
    #expect(try parameter("title").choices == [])
  }

  @Test(arguments: [
    ("mode", "al", "all"), ("mode", "\"all\"", "all"), ("fallback", "som_of", "some_of"),
    ("title", "word", "\"word\""), ("input", "file", "\"file\""), ("mode", "never", nil),
    ("flag", "yes", "true"), ("flag", "perhaps", nil), ("title", "none", nil), ("mode", "6", nil),
  ])
  func offersWhatWasMeant(name: String, text: String, meant: String?) throws {
    #expect(try parameter(name).correction(of: literal(text), in: SampleSource()) == meant)
  }

  @Test func theSignatureIsEqualForEqualSettingsOnly() throws {
    var plugin = SampleSource()
    let settings = "fraction = 0.5, flag = false, title = \"plain\", mode = all, size = 4KB"
    let start = "sample { input = \"\", whole = 3, \(settings)"
    #expect(plugin.signature == start + ", layers = [], others = [] }")
    // `none` is a word like others, and is not what is left out.
    plugin.fallback = SampleSource.Mode.none
    #expect(plugin.signature == start + ", fallback = none, layers = [], others = [] }")
    #expect(plugin.signature != SampleSource().signature)
    plugin.more = InputFile("x")
    #expect(plugin.signature.contains(", layers = [], more = \"x\", others = []"))
    #expect(try parameter("limit").value(of: plugin) == "none")
  }

  @Test func filesAreFoundFromTheRecipe() throws {
    let registry = try Registry([SampleSource.self])
    let folder = PlanFixtureTests.folder
    let text =
      "model \"m\"\ndata a = sample \"words.txt\" { more = \"words.txt\", "
      + "others = [\"scores.csv\", \"./words.txt\"] }"
    let plan = try #require(try Resolution(text, registry: registry).plan)
    let source = try #require(plan.data["a"]?.source as? SampleSource)
    #expect(source.input.path == "\(folder)/words.txt")
    #expect(source.more?.path == "\(folder)/words.txt")
    #expect(source.others.map(\.path) == ["\(folder)/scores.csv", "\(folder)/words.txt"])
    let lost = text.replacing("scores.csv", with: "a.csv")
      .replacing("more = \"w", with: "more = \"x")
    #expect(try Resolution(lost, registry: registry).codes == ["E0301", "E0301"])
  }

  @Test(arguments: [
    ("sample 1 \"b\"", []), ("sample 1", ["E0202"]), ("sample", ["E0202"]),
    ("sample \"b\" 1", ["E0202", "E0202"]), ("sample 1 \"b\" 2", ["E0202"]),
    ("sample 1 \"1\"", ["E0209"]),
  ])
  func severalArguments(text: String, codes: [String]) throws {
    let registry = try Registry([SampleSource.self, SampleEvaluation.self])
    let recipe = "model \"m\"\ndata a = sample \"words.txt\"\nevaluate \(text) on a"
    #expect(try Resolution(recipe, registry: registry).codes == codes)
  }
}
