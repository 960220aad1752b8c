import BillhookCore
import BillhookModels
import BillhookRecipe
import BillhookTorch
import Foundation

/// A plan on its way through the pipeline, with everything that is shown of it.
struct RecipeRun {
  /// What the folder of the run is called.
  let name: String
  let options: RunOptions
  let shown: DiagnosticOptions

  /// Runs a plan, and says how it ended.
  func run(_ plan: Plan, of file: RecipeFile) throws -> ExitStatus {
    Interrupt.listen()
    LostFile.listen()
    try options.machine.prepare()
    let work = options.work ?? (plan.folder == "." ? ".billhook" : "\(plan.folder)/.billhook")
    let workFolder = try WorkFolder(work)
    let folder = try RunFolder(in: work, name: name)
    let progress = ProgressDisplay(
      isQuiet: options.quiet || options.json,
      isInteractive: Terminal.isInteractive
    )
    let context = RunContext(
      device: options.machine.device,
      dtype: plan.model.dtype,
      scratch: folder.scratch,
      progress: { [showsEvents = options.json] event in
        if showsEvents { Terminal.standardOutput(EventLines.line(event)) }
        progress.show(event)
      },
      isCancelled: { Interrupt.isRequested }
    )
    do {
      let pipeline = try Pipeline(plan, context, workFolder, folder, build: try Self.build())
      let report = try pipeline.run()
      progress.clear()
      if options.json {
        Terminal.standardOutput(EventLines.line(report, in: folder.path))
      } else {
        for line in ReportTable(report).lines { Terminal.standardOutput(line) }
        Terminal.standardOutput("details: \(folder.path)")
      }
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

  /// The recipe's name and the time, so that runs are told apart and sort by time.
  static func name(of recipe: String) -> String {
    let file = recipe.split(separator: "/").last ?? "recipe"
    let name = file.hasSuffix(".recipe") ? file.dropLast(".recipe".count) : file
    let time = Date.now.formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: false).timeSeparator(.omitted)
    )
    return "\(time)-\(name)"
  }

  /// What tells this build from others: plugins and arithmetic are in the executable.
  private static func build() throws -> String {
    guard let path = Bundle.main.executablePath else { return BillhookVersion.current }
    return try MappedFile(path).changeText
  }
}
