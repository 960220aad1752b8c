import BillhookCore
import BillhookPipeline
import BillhookPlugins
import BillhookRecipe
import BillhookResolver
import TestSupport
import Testing

/// Everything that is said about a recipe, up to the model that it names and the end of its run.
struct CheckedRecipe {
  let source: SourceText
  let diagnostics: [Diagnostic]

  /// Checks a recipe, and runs it where nothing is wrong.
  ///
  /// - Parameters:
  ///   - text: A recipe whose syntax is right.
  ///   - name: Its name for messages.
  ///   - folder: The folder that its paths start from.
  ///   - isRun: Whether it is run.
  /// - Throws: When a file of the test is not there.
  init(_ text: String, named name: String, folder: String, isRun: Bool) throws {
    source = SourceText(name: name, text: text)
    let parsed = Recipe.parse(source)
    #expect(parsed.diagnostics.isEmpty)
    let registry = try Registry(BuiltinPlugins.all)
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    let found =
      resolved.diagnostics
      + (resolved.plan.map {
        PlanCheck.diagnostics(of: $0, memory: 16_000_000_000, room: 24_000_000)
      } ?? [])
    guard isRun, found.isEmpty, let plan = resolved.plan else {
      diagnostics = found
      return
    }
    diagnostics = try Fixture.withFolder { folder in
      let work = try WorkFolder(folder)
      let runs = try RunFolder(in: work.path, name: "test")
      do {
        let context = RunContext(scratch: runs.scratch)
        _ = try Pipeline(plan, context, work, runs, build: "test").run()
        return []
      } catch let error as StepError {
        return [Diagnostic(error)]
      }
    }
  }
}
