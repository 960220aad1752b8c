import ArgumentParser
import BillhookCore
import BillhookModels
import BillhookRecipe
import BillhookTorch
import Foundation

/// `billhook run`: runs a recipe.
struct Run: StatusCommand {
  static let configuration = CommandConfiguration(abstract: "Run a recipe.")

  @Argument(help: "The recipe.")
  var recipe: String

  @OptionGroup var lets: LetOptions

  @Option(
    help: "The folder for journals, scores and reports. (default: .billhook beside the recipe)"
  )
  var work: String?

  @OptionGroup var machine: MachineOptions

  @OptionGroup var shown: DiagnosticOptions

  @Flag(help: "Show neither progress nor notes.")
  var quiet = false

  func run(with registry: Registry) -> ExitStatus {
    let file: RecipeFile
    do {
      file = try RecipeFile(recipe, registry: registry, replacing: lets)
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
      return try run(plan, of: file)
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private func run(_ plan: Plan, of file: RecipeFile) throws -> ExitStatus {
    Interrupt.listen()
    LostFile.listen()
    try machine.prepare()
    let work = work ?? (plan.folder == "." ? ".billhook" : "\(plan.folder)/.billhook")
    let workFolder = try WorkFolder(work)
    let folder = try RunFolder(in: work, name: Self.runName(recipe))
    let progress = ProgressDisplay(
      isQuiet: quiet,
      isInteractive: Terminal.isInteractive
    )
    let context = RunContext(
      device: machine.device,
      dtype: plan.model.dtype,
      scratch: folder.scratch,
      progress: { progress.show($0) },
      isCancelled: { Interrupt.isRequested }
    )
    do {
      let build = try Self.build()
      let pipeline = try Pipeline(plan, context, workFolder, folder, build: build)
      let report = try pipeline.run()
      progress.clear()
      for line in ReportTable(report).lines { Terminal.standardOutput(line) }
      Terminal.standardOutput("details: \(folder.path)")
      shown.report(report.failures.map { Diagnostic($0) }, in: file.source)
      return report.failures.isEmpty ? .done : .failed
    } catch let error as StepError {
      progress.clear()
      shown.report([Diagnostic(error)], in: file.source)
      Terminal.standardError("what was finished before is in \(folder.path)")
      return .failed
    } catch is Cancelled {
      progress.clear()
      Terminal.standardError("interrupted; what was finished before is in \(folder.path)")
      return .interrupted
    }
  }

  /// What tells this build from others: plugins and arithmetic are in the executable.
  private static func build() throws -> String {
    guard let path = Bundle.main.executablePath else { return BillhookVersion.current }
    return try MappedFile(path).changeText
  }

  /// The recipe's name and the time, so that runs are told apart and sort by time.
  private static func runName(_ recipe: String) -> String {
    let file = recipe.split(separator: "/").last ?? "recipe"
    let name = file.hasSuffix(".recipe") ? file.dropLast(".recipe".count) : file
    let time = Date.now.formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: false).timeSeparator(.omitted)
    )
    return "\(time)-\(name)"
  }
}
