import ArgumentParser
import BillhookCore

/// `billhook run`: runs a recipe.
struct Run: StatusCommand {
  static let configuration = CommandConfiguration(abstract: "Run a recipe.")

  @Argument(help: "The recipe.", completion: .recipes, transform: PathArgument.path)
  var recipe: String

  @OptionGroup var lets: LetOptions

  @OptionGroup var options: RunOptions

  @OptionGroup var shown: DiagnosticOptions

  func run(with registry: Registry) -> ExitStatus {
    if options.processes ?? 1 > 1, FileSystem.exists(recipe), FileSystem.size(ofFile: recipe) == nil
    {
      Terminal.standardError(
        "error: \(recipe) is not a file; each of several processes reads the recipe, so put it into a file"
      )
      return .usage
    }
    return Launch.run(options.processes) { try run(with: registry, in: $0) }
  }

  private func run(with registry: Registry, in processes: ProcessGroup) throws -> ExitStatus {
    let machine = try options.machine(ofOneOf: processes.size)
    let file: RecipeFile
    do {
      file = try RecipeFile(
        recipe,
        registry: registry,
        for: machine,
        within: options.memory,
        eachOf: options.localSize(of: processes),
        work: options.work,
        replacing: lets
      )
    } catch let error as ValidationError {
      try processes.meet(at: RecipeRun.reading, failing: .error(error.message))
      Terminal.standardError("error: \(error.message)")
      return .usage
    } catch {
      try processes.meet(at: RecipeRun.reading, failing: .error("\(error)"))
      Terminal.standardError("error: \(error)")
      return .recipeErrors
    }
    return try RecipeRun(
      recipe: RecipeRun.name(ofFile: recipe),
      options: options,
      machine: machine,
      shown: shown,
      processes: processes
    )
    .run(file)
  }
}
