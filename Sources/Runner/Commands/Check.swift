import ArgumentParser
import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// `billhook check`: says everything about a recipe that can be known without computing.
struct Check: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the mistakes of a recipe, and show what it would do, without computing."
  )

  @Argument(help: "The recipe.", completion: .recipes, transform: PathArgument.path)
  var recipe: String

  @OptionGroup var lets: LetOptions

  @Option(
    help: "The folder for what is computed. (default: .billhook beside the recipe)",
    completion: .directory,
    transform: PathArgument.path
  )
  var work: String?

  @OptionGroup var machine: MachineOptions

  @OptionGroup var memory: MemoryOptions

  @OptionGroup var shown: DiagnosticOptions

  func run(with registry: Registry) -> ExitStatus {
    LostFile.listen()
    do {
      let file = try RecipeFile(
        recipe,
        registry: registry,
        for: machine,
        within: memory,
        work: work,
        replacing: lets
      )
      shown.report(file.diagnostics, in: file.source)
      guard let plan = file.plan else { return .recipeErrors }
      let opened = try file.opened ?? OpenedModel(plan.model)
      let forecast = try forecast(of: plan, opened)
      let outline = PlanOutline(
        plan,
        opened,
        forecast,
        work: RecipeRun.workFolder(of: plan, self.work),
        on: machine.device,
        within: memory.limit
      )
      for line in outline.lines { Terminal.standardOutput(words: line, indent: 9) }
      guard let fault = outline.fault else { return .done }
      shown.report([Diagnostic(fault)], in: file.source)
      return .recipeErrors
    } catch let error as ValidationError {
      Terminal.standardError("error: \(error.message)")
      return .usage
    } catch {
      Terminal.standardError("error: \(error)")
      return .recipeErrors
    }
  }

  /// What is done already; nil where there is no work folder, which is not made for this.
  private func forecast(of plan: Plan, _ opened: OpenedModel) throws -> Forecast? {
    guard let work = WorkFolder(lookingAt: RecipeRun.workFolder(of: plan, work)) else { return nil }
    try machine.prepare()
    let context = RunContext(device: machine.device, dtype: plan.model.dtype, scratch: "")
    return try Forecast(plan, opened, context, work, build: RunningBuild.identity())
  }
}
