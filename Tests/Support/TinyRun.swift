package import BillhookCore
package import BillhookPipeline
import BillhookPlugins
package import BillhookRecipe
import BillhookResolver
import Synchronization

/// A recipe that cannot be run.
package struct WrongRecipe: Error {
  package let diagnostics: [Diagnostic]
}

/// A recipe on a golden model, run in this process.
package struct TinyRun {
  package let plan: Plan
  package let folder: String

  package init(
    _ text: String,
    on model: String = "llama-gqa",
    in folder: String,
    also plugins: [any Plugin.Type] = []
  ) throws {
    let golden = try Golden(model)
    try FileSystem.write(Array(TokenFile.text(golden.tokens).utf8), to: "\(folder)/windows.txt")
    let recipe = """
      model "\(golden.model.directory.path)"
      data windows = tokens "windows.txt"

      """ + text.replacing("OUT", with: "\(folder)/out")
    try self.init(whole: recipe, in: folder, also: plugins)
  }

  /// A recipe that names its model and its data itself.
  package init(
    whole recipe: String,
    in folder: String,
    also plugins: [any Plugin.Type] = []
  ) throws {
    self.folder = folder
    let parsed = Recipe.parse(SourceText(name: "test.recipe", text: recipe))
    let registry = try Registry(BuiltinPlugins.all + plugins)
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    guard let plan = resolved.plan else { throw WrongRecipe(diagnostics: resolved.diagnostics) }
    self.plan = plan
  }

  package func forecast(build: String = "test") throws -> Forecast {
    try FileSystem.makeDirectory("\(folder)/work")
    let work = try WorkFolder(lookingAt: "\(folder)/work") ?? WorkFolder("\(folder)/work")
    return try Forecast(plan, OpenedModel(plan.model), RunContext(scratch: ""), work, build: build)
  }

  /// Runs it, and gives the stages that took work, by the number of their step.
  @discardableResult
  package func run() throws -> [Int: [String]] {
    let computed = Mutex((step: 0, stages: [Int: [String]]()))
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let context = RunContext(
      scratch: runs.scratch,
      progress: { event in
        computed.withLock { computed in
          switch event {
          case .began(let stage)
          where ["evidence", "evaluate", "save", "shares", "masks", "refine", "quantise"].contains(
            stage.prefix { $0 != " " }
          ):
            computed.stages[computed.step, default: []].append(stage)
          default: break
          }
        }
      }
    )
    let pipeline = try Pipeline(plan, context, work, runs, build: "test") { event in
      guard case .reached(let step, _, _) = event else { return }
      computed.withLock { $0.step = step }
    }
    let report = try pipeline.run()
    if let failure = report.failures.first { throw failure }
    return computed.withLock { $0.stages }
  }

  /// Runs it, and gives its report.
  ///
  /// - Parameters:
  ///   - room: Where weights stay, as on a device with memory of its own; nil for none.
  ///   - body: Called after the run, while its models are still there.
  /// - Returns: The report.
  /// - Throws: What the run and `body` throw.
  package func report(
    keepingWeightsIn room: DeviceRoom? = nil,
    then body: () throws -> Void = {}
  ) throws -> Report {
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    var context = RunContext(dtype: plan.model.dtype, scratch: runs.scratch)
    context.room = room
    let pipeline = try Pipeline(plan, context, work, runs, build: "test")
    let report = try pipeline.run()
    try withExtendedLifetime(pipeline, body)
    return report
  }
}
