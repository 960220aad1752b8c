import BillhookCore
import BillhookPipeline
import BillhookPlugins
import BillhookRecipe
import BillhookResolver
import TestSupport
import Testing

/// What became of a recipe.
struct Resolution {
  let plan: Plan?
  let diagnostics: [Diagnostic]

  init(_ found: (plan: Plan?, diagnostics: [Diagnostic])) {
    (plan, diagnostics) = found
  }

  /// Resolves a text with the built-in plugins; paths start from Tests/Fixtures/recipes/plan.
  init(
    _ text: String,
    registry: Registry? = nil,
    folder: String = PlanFixtureTests.folder,
    replacing replacements: [String: Value] = [:]
  ) throws {
    let parsed = Recipe.parse(SourceText(name: "test", text: text))
    #expect(parsed.diagnostics.isEmpty)
    let registry = try registry ?? Registry(BuiltinPlugins.all)
    self.init(
      Resolver.resolve(parsed.recipe, registry: registry, folder: folder, replacing: replacements)
    )
  }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// The codes of what is wrong.
  var codes: [String] { diagnostics.map(\.code) }

  /// The plan of a recipe that nothing is wrong with.
  static func plan(_ text: String, folder: String = PlanFixtureTests.folder) throws -> Plan {
    let resolution = try Resolution(text, folder: folder)
    #expect(resolution.diagnostics == [])
    return try #require(resolution.plan)
  }
}
