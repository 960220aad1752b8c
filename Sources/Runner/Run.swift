import ArgumentParser
import BillhookCore

/// `billhook run`: runs a recipe.
struct Run: StatusCommand {
  static let configuration = CommandConfiguration(abstract: "Run a recipe.")

  @Argument(help: "The recipe.", completion: .recipes)
  var recipe: String

  @OptionGroup var lets: LetOptions

  @OptionGroup var options: RunOptions

  @OptionGroup var shown: DiagnosticOptions

  func run(with registry: Registry) -> ExitStatus {
    let file: RecipeFile
    do {
      file = try RecipeFile(
        recipe,
        registry: registry,
        for: options.machine,
        within: options.memory,
        work: options.work,
        replacing: lets
      )
    } catch let error as ValidationError {
      Terminal.standardError("error: \(error.message)")
      return .usage
    } catch {
      Terminal.standardError("error: \(error)")
      return .recipeErrors
    }
    do {
      shown.report(file.diagnostics, in: file.source)
      guard let plan = file.plan else { return .recipeErrors }
      let run = RecipeRun(recipe: RecipeRun.name(ofFile: recipe), options: options, shown: shown)
      return try run.run(plan, of: file)
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }
}
