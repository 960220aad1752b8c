@testable import BillhookRecipe
import BillhookPlugins
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookResolver
import Testing
import TestSupport

/// The recipes in Docs/Recipes.md are recipes, and nothing of the language is missing there.
@Suite struct DocumentationTests {
  static let text = (try? Fixture.text("\(Fixture.repository)/Docs/Recipes.md")) ?? ""

  static let recipes: [String] = {
    text.split(separator: "```recipe\n").dropFirst().compactMap {
      $0.split(separator: "```").first.map(String.init)
    }
  }()

  @Test func thereAreSome() {
    #expect(Self.recipes.count >= 3)
  }

  @Test(arguments: recipes)
  func recipesRun(recipe: String) throws {
    try ExampleRecipesTests.withExamples { folder in
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/shown.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/shown.recipe", "--quiet"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    }
  }

  /// Every statement, clause, plugin and setting stands there in the type of code.
  @Test func nothingIsLeftOut() throws {
    var words = Keyword.statements + Keyword.clauses
    words += WindowSettings.parameters.map(\.name) + SaveSettings.parameters.map(\.name)
    words += ModelSettings.parameters.map(\.name)
    for plugin in BuiltinPlugins.all where plugin.kind != .evidence {
      let description = PluginDescription(plugin)
      words += [description.name] + description.settings.map(\.name)
    }
    // Code in text stands between single backticks, in blocks between fences.
    let parts = Self.text.replacing("```", with: "`").split(
      separator: "`",
      omittingEmptySubsequences: false
    )
    let code = parts.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    let known = Set(
      code.flatMap { $0.split { !($0.isLetter || $0.isNumber || $0 == "_") } }.map(String.init)
    )
    #expect(Set(words).subtracting(known) == [])
  }

  /// The grammar defines what it uses, and uses what it defines.
  @Test func theGrammarIsWhole() throws {
    let blocks = Self.text.split(separator: "```ebnf\n").dropFirst().compactMap {
      $0.split(separator: "```").first
    }
    #expect(blocks.count == 2)
    let grammar = blocks.joined(separator: "\n")
    var defined: Set<String> = []
    var used: Set<String> = []
    for rule in grammar.split(separator: " ;\n") {
      let sides = rule.split(separator: "=", maxSplits: 1)
      let name = sides[0].trimmingPrefix(while: \.isWhitespace).prefix { !$0.isWhitespace }
      #expect(defined.insert(String(name)).inserted, "\(name)")
      let names = sides[1].replacing(/'[^']*'|"[^"]*"|\?[^?]*\?/, with: "")
      used.formUnion(names.split { !$0.isLetter }.map(String.init))
    }
    #expect(used.subtracting(defined) == [])
    let roots = Set(Keyword.statements + Keyword.clauses + ["recipe", "comment", "amount"])
    #expect(defined.subtracting(used).subtracting(roots) == [])
  }
}
