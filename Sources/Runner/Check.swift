import ArgumentParser
import BillhookCore
import BillhookModels

/// `billhook check`: says everything about a recipe that can be known without computing.
struct Check: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the mistakes of a recipe, and show what it would do, without computing."
  )

  @Argument(help: "The recipe.")
  var recipe: String

  @OptionGroup var lets: LetOptions

  @OptionGroup var shown: DiagnosticOptions

  func run(with registry: Registry) -> ExitStatus {
    LostFile.listen()
    do {
      let file = try RecipeFile(recipe, registry: registry, replacing: lets)
      shown.report(file.diagnostics, in: file.source)
      guard let plan = file.plan else { return .recipeErrors }
      for line in try PlanOutline(plan).lines { Terminal.standardOutput(line) }
      return .done
    } catch let error as ValidationError {
      Terminal.standardError("error: \(error.message)")
      return .usage
    } catch {
      Terminal.standardError("error: \(error)")
      return .recipeErrors
    }
  }
}
