import BillhookCore
import BillhookPage
import BillhookPipeline
import BillhookRecipe
import BillhookResolver
import Foundation

/// A plan on its way through the pipeline, with everything that is shown of it.
struct RecipeRun {
  /// What the recipe is called.
  let recipe: String
  let options: RunOptions
  let shown: DiagnosticOptions

  /// Runs a plan, and says how it ended.
  func run(_ plan: Plan, of file: RecipeFile) throws -> ExitStatus {
    Interrupt.listen()
    LostFile.listen()
    try options.machine.prepare()
    if let folder = options.tensorboard { try FileSystem.makeDirectory(folder) }
    Runtime.keepFreedMemory(min(256_000_000, (options.memory.limit ?? .max) / 8))
    let work = try WorkFolder(Self.workFolder(of: plan, options.work))
    let clock = RunClock(after: work.secondsOfStages(inRunsOf: recipe))
    let name = try work.nameOfNextRun(of: recipe, at: Self.time)
    let folder = try RunFolder(in: work.path, name: name)
    let progress = ProgressDisplay(
      clock,
      isQuiet: options.quiet || options.json,
      isInteractive: Terminal.isInteractive
    )
    var context = RunContext(
      device: options.machine.device,
      dtype: plan.model.dtype,
      memory: options.memory.limit,
      scratch: folder.scratch,
      progress: { [showsEvents = options.json] event in
        clock.take(event)
        if showsEvents { Terminal.standardOutput(EventLines.line(event, clock.left)) }
        progress.show(event)
      },
      isCancelled: { Interrupt.isRequested }
    )
    context.events = options.tensorboard.map { "\($0)/\(name)" }
    let pipeline: Pipeline
    do {
      let build = try RunningBuild.identity()
      pipeline = try Pipeline(
        plan,
        context,
        work,
        folder,
        build: build,
        opened: file.opened,
        replaced: file.replaced,
        hear: { [showsEvents = options.json] event in
          clock.take(event)
          if showsEvents { Terminal.standardOutput(EventLines.line(event, clock.left)) }
          progress.show(event)
        },
        page: { ReportPage(of: [ReportPage.Run(name: name, $0)]).text }
      )
    } catch is Cancelled {
      progress.clear()
      return Self.interrupted(in: folder)
    }
    do {
      let warnings = file.diagnostics.filter { $0.severity == .warning }.map(\.message)
      let report = try pipeline.run(warnings: warnings)
      progress.clear()
      if options.json {
        Terminal.standardOutput(EventLines.line(report, in: folder.path))
      } else {
        show(report)
        Terminal.standardOutput("details: \(folder.path)")
      }
      shown.report(report.failures.map { Diagnostic($0) }, in: file.source)
      return report.failures.isEmpty ? .done : .failed
    } catch let error as StepError {
      progress.clear()
      if !options.json { show(pipeline.report) }
      shown.report([Diagnostic(error)], in: file.source)
      Terminal.standardError("what was finished before is in \(folder.path)")
      return .failed
    } catch is Cancelled {
      progress.clear()
      if !options.json { show(pipeline.report) }
      return Self.interrupted(in: folder)
    }
  }

  /// Says that the run was asked to stop.
  private static func interrupted(in folder: RunFolder) -> ExitStatus {
    Terminal.standardError(
      "interrupted; what was finished before is in \(folder.path), and the same command goes on "
        + "from there"
    )
    return Interrupt.status
  }

  /// Shows what was found so far.
  private func show(_ report: Report) {
    let (table, width) = (ReportTable(report), options.wide ? nil : Terminal.width)
    for line in table.lines(within: width) { Terminal.standardOutput(line) }
    for line in table.notes(within: width) { Terminal.standardOutput(loud: line) }
  }

  /// The name of a recipe's file without its extension.
  static func name(ofFile path: String) -> String {
    let file = path.split(separator: "/").last ?? "recipe"
    return String(file.hasSuffix(".recipe") ? file.dropLast(".recipe".count) : file)
  }

  /// The work folder of a plan, unless another is asked for.
  static func workFolder(of plan: Plan, _ other: String?) -> String {
    other ?? (plan.folder == "." ? ".billhook" : "\(plan.folder)/.billhook")
  }

  /// The time, as the name of a run's folder has it.
  private static var time: String {
    Date.now.formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: false).timeSeparator(.omitted)
    )
  }
}
