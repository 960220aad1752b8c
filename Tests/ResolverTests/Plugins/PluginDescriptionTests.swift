import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
import TestSupport
import Testing

/// What `explain` tells about plugins.
@Suite struct PluginDescriptionTests {
  static let plugins: [any Plugin.Type] =
    BuiltinPlugins.all + [SampleSource.self, SampleEvaluation.self]

  /// The place of a plugin is shown by a recipe whose syntax is right, in its usual form.
  @Test(arguments: plugins.indices)
  func examplesAreRecipes(index: Int) {
    let plugin = PluginDescription(Self.plugins[index])
    guard let example = plugin.example() else {
      #expect(plugin.kind == .evidence)
      return
    }
    let parsed = Recipe.parse(SourceText(name: plugin.name, text: example))
    #expect(parsed.diagnostics == [])
    #expect(parsed.recipe.formatted == example + "\n")
  }

  @Test func saysWhatTheDeclarationSays() {
    let plugin = PluginDescription(SampleSource.self)
    #expect(plugin.arguments.map(\.name) == ["input"])
    #expect(plugin.arguments.map(\.permitted) == ["a file's path in quotes"])
    let settings = plugin.settings.map { "\($0.name): \($0.permitted), \($0.standard ?? "-")" }
    #expect(
      settings.prefix(8) == [
        "whole: a whole number from 1 to 9, 3", "fraction: a number from 0.0 to 1.0, 0.5",
        "flag: true or false, false", "title: a string in quotes, \"plain\"",
        "mode: `none`, `some_of` or `all`, all", "size: a size such as 4GB, 1KB or more, 4KB",
        "limit: a whole number, 2 or more, -", "share: a number from 0.0 to 0.5, -",
      ]
    )
    #expect(
      PluginDescription(SampleEvaluation.self).example() == "evaluate sample 0 \"right\" on heldout"
    )
  }
}
