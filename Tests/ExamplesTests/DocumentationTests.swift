import BillhookModels
import Testing
import TestSupport

/// The recipes in Docs/Recipes.md are recipes.
@Suite struct DocumentationTests {
  static let recipes: [String] = {
    let text = (try? Fixture.text("\(Fixture.repository)/Docs/Recipes.md")) ?? ""
    return text.split(separator: "```recipe\n").dropFirst().compactMap {
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
      let outcome = try Billhook.run(["run", "\(folder)/shown.recipe", "--quiet"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    }
  }
}
