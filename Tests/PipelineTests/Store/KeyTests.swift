import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
import TestSupport
import Testing

/// Keys tell apart whatever can give another result: every value of every setting of every built-in
/// plugin, and of windows.
@Suite struct KeyTests {
  /// What settings are tried with, besides their own words: every kind of value that a recipe has.
  private static let literals: [Literal] =
    ["0", "1", "2", "3", "64", "0.25", "0.5", "0.75", "1.0", "1e-4"].compactMap(Number.init)
    .map(Literal.number)
    + ["5", "10"].compactMap(Number.init).map(Literal.percentage)
    + [("4", "GB"), ("5", "GB"), ("1", "KB"), ("20", "M"), ("10", "min"), ("1", "h"), ("61", "s")]
    .compactMap { text, unit in Number(text).map { .quantity($0, unit: unit) } }
    + [
      .ratio(2, 4), .boolean(true), .boolean(false), .string(""), .string("none"), .string("a"),
      .string("1"), .string("\u{E9}"), .string("e\u{301}"), .word("none"), .word("auto"),
    ] + lists

  private static let lists: [Literal] =
    [
      [], [.string("a")], [.string("a"), .string("b")], [.word("a")], [.word("b"), .word("a")],
    ].map(Literal.list)
    + [["5"], ["30", "70"]].map { numbers in
      .list(numbers.compactMap(Number.init).map(Literal.percentage))
    }
    + [["0"], ["1"], ["0", "1"], ["1", "0"], ["0.5"]].map { numbers in
      .list(numbers.compactMap(Number.init).map(Literal.number))
    }

  private static func literals(for choices: [String]) -> [Literal] {
    let words = choices.map(Literal.word)
    return literals + words + words.map { .list([$0]) }
      + (words.count > 1 ? [.list(Array(words.prefix(2))), .list(words.reversed())] : [])
  }

  /// Everything that a value holds, property by property: nothing that texts or keys are made of.
  private static func contents(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  /// Sets each parameter to everything that it takes, and gives what the keys do not tell apart, or
  /// tell apart without need.
  private static func faults<Root>(
    _ fresh: Root,
    _ parameters: [Parameter<Root>],
    key: (Root) -> JSON
  ) -> (faults: [String], variants: Int) {
    let first = key(fresh).text(indent: nil)
    var keys = [contents(fresh): first]
    var owners = [first: contents(fresh)]
    var faults: [String] = []
    for parameter in parameters {
      var values: Set<String> = [contents(fresh)]
      for literal in literals(for: parameter.choices) {
        var changed = fresh
        guard parameter.assign(literal, to: &changed) else { continue }
        let (inside, key) = (contents(changed), key(changed).text(indent: nil))
        values.insert(inside)
        guard parameter.isPartOfResult else {
          if key != first { faults.append("\(parameter.name) = \(literal) is in the key") }
          continue
        }
        if let other = keys.updateValue(key, forKey: inside), other != key {
          faults.append("\(parameter.name) = \(literal) has two keys")
        }
        if let other = owners.updateValue(inside, forKey: key), other != inside {
          faults.append("\(parameter.name) = \(literal) has the key of something else")
        }
      }
      if values.count < 2 { faults.append("\(parameter.name) was never changed") }
    }
    return (faults, keys.count)
  }

  private static func faults<P: Plugin>(of plugin: P.Type) -> (faults: [String], variants: Int) {
    faults(P(), P.parameters) { $0.keyPart }
  }

  @Test func everySettingOfEveryPluginIsInItsKey() throws {
    var variants = 0
    for plugin in BuiltinPlugins.all {
      let found = Self.faults(of: plugin)
      #expect(found.faults == [], "\(plugin.name)")
      variants += found.variants
    }
    let own = Self.faults(of: SampleSource.self)
    #expect(own.faults == [])
    #expect(variants > 300)
    print("\(variants) plugins with other settings have \(variants) keys")
  }

  @Test func everySettingOfWindowsIsInTheirKey() {
    let found = Self.faults(WindowSettings(), WindowSettings.parameters) { $0.keyPart }
    #expect(found.faults == [])
    #expect(found.variants > 20)
  }

  @Test func theLengthOfTheParameterListIsTheOneOfTheProperties() {
    // A property of windows that is no parameter would be in no key.
    #expect(Mirror(reflecting: WindowSettings()).children.count == WindowSettings.parameters.count)
    let settings = TrainingSettings.parameters(at: \ContinuedPretrainingSettings.training)
    #expect(Mirror(reflecting: TrainingSettings()).children.count == settings.count)
  }

  private struct ContinuedPretrainingSettings {
    var training = TrainingSettings()
  }

  @Test func amountsAndRulesHaveKeysOfTheirOwn() throws {
    let two = try #require(Number("2"))
    let precise = try #require(Number("2.0"))
    let amounts: [Amount] = [
      .units(2), .units(3), .percentOfUnits(two), .percentOfUnits(precise),
      .percentOfParameters(two), .downToUnits(2), .downToParameters(two, unit: ""),
      .downToParameters(two, unit: "B"), .exactly([2]), .exactly([]), .exactly([2, 3]),
    ]
    #expect(Set(amounts.map { $0.keyPart.text(indent: nil) }).count == amounts.count)
    let keeps = [
      Keep(), Keep(first: 1), Keep(last: 1), Keep(numbers: [1]), Keep(numbers: [1, 2]),
      Keep(first: 1, last: 1),
    ]
    #expect(Set(keeps.map { $0.keyPart.text(indent: nil) }).count == keeps.count)
  }

  /// Each pair of settings that a recipe's reader may take for the same.
  @Test(arguments: [
    ("", "bos = none"), ("", "bos = first"), ("bos = none", "bos = every"), ("", "stride = 16"),
    ("windows = random, samples = 2", "windows = random, samples = 2, seed = 1"),
    ("", "join = \"none\""), ("", "join = \"\""),
  ])
  func twoTokenSetsHaveTwoKeys(one: String, other: String) throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        """
        data one = text "text.txt" {
          length = 16
          \(one)
        }
        data other = text "text.txt" {
          length = 16
          \(other)
        }
        evaluate perplexity on one
        evaluate perplexity on other
        """,
        in: folder
      )
      let work = try WorkFolder("\(folder)/work")
      let files = PlanFiles(of: run.plan.inputs, [], work.hashes)
      let keys = StageKeys(run.plan.inputs, files, RunContext(scratch: ""), build: "test")
      let state = ModelState(model: try files.take(OpenedModel(run.plan.model)))
      let hashes = try run.plan.steps.map { step -> String in
        guard let step = step as? EvaluateStep else { return "" }
        return try step.key(of: state, keys).hash
      }
      #expect(hashes.count == 2 && hashes[0] != hashes[1])
    }
  }
}
