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

  /// With files that are there, and data of the names that it uses, a plan comes of it.
  @Test(arguments: plugins.indices)
  func examplesResolve(index: Int) throws {
    let plugin = PluginDescription(Self.plugins[index])
    guard var example = plugin.example() else { return }
    for argument in plugin.arguments {
      example = example.replacing("\"\(argument.name)\"", with: "\"words.txt\"")
    }
    let task = plugin.dataForm == .answers ? "gsm8k, shots = 0" : "piqa"
    var data = ["calibration", "training", "heldout", "wiki"].map { name in
      (name, "text \"words.txt\" { length = 8 }")
    }
    data.append(("chat", "conversations \"words.txt\" { length = 8 }"))
    data.append(("questions", "task \"questions.jsonl\" { name = \(task) }"))
    let lines = data.filter { !example.hasPrefix("data \($0.0) =") }
      .map { "data \($0.0) = \($0.1)" }
    let text = (["model \"m\""] + lines + [example]).joined(separator: "\n") + "\n"
    let resolution = try Resolution(text, registry: Registry(Self.plugins))
    #expect(resolution.diagnostics.filter { $0.severity == .error } == [], "\(example)")
    #expect(resolution.plan != nil)
  }

  /// Scores are of units; single weights have none that could be listed.
  @Test func placesAreThoseOfTheLanguage() throws {
    let places = Self.plugins.map { PluginDescription($0) }.filter { $0.kind == .unit }
      .map { ($0.name, $0.place) }
    for (name, place) in places {
      let scored = try Resolution(
        "model \"m\"\nscore \(name) { by magnitude }\n",
        registry: Registry(Self.plugins)
      )
      #expect(place?.contains("`score \(name)`") == !scored.hasErrors, "\(name)")
    }
  }

  @Test func whatReadsWeightsSaysSo() {
    let found = Self.plugins.map { PluginDescription($0) }
      .filter { $0.kind == .refiner || $0.kind == .quantiser }
    #expect(found.allSatisfy { $0.granularities == [.weight] })
    let evidence = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.evidence) })
    #expect(evidence["dsnot"] == ["window_moments", "input_norms"])
    #expect(evidence["barber"] == ["gradients"])
    #expect(evidence["gptq"] == ["input_gram"])
    #expect(evidence["round"] == [])
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
