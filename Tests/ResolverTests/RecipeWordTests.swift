import BillhookRecipe
import BillhookResolver
import TestSupport
import Testing

/// What is told about the words of the language.
@Suite struct RecipeWordTests {
  @Test func everyWordIsTold() {
    let names = RecipeWord.all.map(\.name)
    #expect(Set(names) == Set(Keyword.statements + Keyword.clauses + ["on"]))
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: RecipeWord.all.map(\.name))
  func examplesAreRight(name: String) throws {
    let word = try #require(RecipeWord.all.first { $0.name == name })
    try Fixture.withExamples { folder in
      let checked = try CheckedRecipe(word.example, named: name, folder: folder, isRun: false)
      #expect(checked.diagnostics.isEmpty, "\(checked.diagnostics)")
    }
    #expect(word.example.contains(name))
    let recipe = Recipe.parse(SourceText(name: name, text: word.example)).recipe
    #expect(recipe.formatted == word.example + "\n")
  }
}
