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
  /// Where this process computes.
  let machine: MachineOptions
  let shown: DiagnosticOptions
  /// The processes that share the work; only process 0 owns the work folder, and shows anything.
  let processes: ProcessGroup

  /// Where processes meet after each has read the recipe.
  static let reading = "the recipe"

  /// Runs the plan of a recipe, if it has one, and says how it ended.
  ///
  /// - Throws: What keeps a run from beginning, and what tells of other processes.
  func run(_ file: RecipeFile) throws -> ExitStatus {
    let first = file.diagnostics.first { $0.severity == .error }
    try processes.meet(
      at: Self.reading,
      failing: file.plan == nil ? .error(first?.message ?? "the recipe has errors") : nil
    )
    let text = [file.source.text] + file.replaced
    try processes.meet(
      at: "\(Self.reading) \(SHA256.hex(text.joined(separator: "\n")).prefix(12))…"
    )
    shown.report(file.diagnostics, in: file.source)
    guard let plan = file.plan else { return .recipeErrors }
    return try run(plan, of: file)
  }

  private func run(_ plan: Plan, of file: RecipeFile) throws -> ExitStatus {
    try checkFolders(beside: plan)
    Interrupt.listen()
    LostFile.listen()
    let build = try prepare()
    let path = Self.workFolder(of: plan, options.work)
    let temporary = FileManager.default.temporaryDirectory.path
    let work =
      try processes.leads ? WorkFolder(path) : WorkFolder.following(path, in: temporary)
    defer { if !processes.leads { try? FileSystem.remove(work.path) } }
    let name = try work.nameOfNextRun(of: recipe, at: Self.time)
    let folder = try RunFolder(in: work.path, name: name)
    let display = RunDisplay(
      RunClock(after: work.secondsOfStages(inRunsOf: recipe)),
      isQuiet: options.quiet || options.json || !processes.leads,
      showsEvents: options.json && processes.leads
    )
    let pipeline: Pipeline
    do {
      pipeline = try Pipeline(
        plan,
        context(of: plan, name, in: folder, display),
        work,
        folder,
        build: build,
        opened: file.opened,
        processes: processes,
        replaced: file.replaced,
        hear: display.show,
        page: { ReportPage(of: [.init(name: name, $0)]).text }
      )
    } catch let error as Cancelled {
      display.clear()
      try processes.meet(at: "the files of the plan", failing: .cancelled)
      if Launch.hasLost { throw error }
      return Self.interrupted(in: folder)
    }
    let outcome = Result {
      try pipeline.run(
        warnings: file.diagnostics.filter { $0.severity == .warning }.map(\.message)
      )
    }
    display.clear()
    return try show(outcome, of: pipeline, file, in: folder)
  }

  /// Prepares device, threads and memory, with which every process computes alike.
  ///
  /// - Returns: What identifies this build.
  private func prepare() throws -> String {
    try machine.prepare()
    let isSet = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] != nil
    if localSize > 1, machine.threads == nil, !isSet {
      // Processes on one machine take equal parts of its threads.
      try Runtime.setThreadCount(
        max(1, ProcessInfo.processInfo.activeProcessorCount / localSize)
      )
    }
    let engine = "libtorch \(Runtime.version), \(Runtime.processor), threads \(Runtime.threadCount)"
    let build = try RunningBuild.identity()
    try processes.meet(at: "\(engine), build \(build)")
    if processes.leads, let folder = options.tensorboard { try FileSystem.makeDirectory(folder) }
    Runtime.keepFreedMemory(min(256_000_000, (options.memory.limit ?? .max) / 8))
    return build
  }

  /// What the steps of a run are given.
  private func context(
    of plan: Plan,
    _ name: String,
    in folder: RunFolder,
    _ display: RunDisplay
  ) -> RunContext {
    let sharesMemory = localSize > 1 && machine.device == .cpu
    var context = RunContext(
      device: machine.device,
      dtype: plan.model.dtype,
      memory: options.memory.limit ?? (sharesMemory ? Machine.memory / 2 / localSize : nil),
      scratch: folder.scratch,
      progress: display.show,
      // Process 0 stops the others, so that all stop at the same point.
      isCancelled: { [leads = processes.leads] in leads && (Interrupt.isRequested || Launch.hasLost)
      }
    )
    context.leadingDevice = options.machine.device
    if let seconds = options.checkpointEvery { context.passInterval = .seconds(seconds) }
    if processes.leads { context.events = options.tensorboard.map { "\($0)/\(name)" } }
    return context
  }

  /// Shows how a run ended, with all that was found.
  private func show(
    _ outcome: Result<Report, any Error>,
    of pipeline: Pipeline,
    _ file: RecipeFile,
    in folder: RunFolder
  ) throws -> ExitStatus {
    do {
      let report = try outcome.get()
      if options.json {
        Terminal.standardOutput(EventLines.line(report, in: folder.path))
      } else {
        show(report)
        Terminal.standardOutput("details: \(folder.path)")
      }
      shown.report(report.failures.map { Diagnostic($0) }, in: file.source)
      return report.failures.isEmpty ? .done : .failed
    } catch let error as StepError {
      if !options.json { show(pipeline.report) }
      shown.report([Diagnostic(error)], in: file.source)
      Terminal.standardError("what was finished before is in \(folder.path)")
      return .failed
    } catch let error as Cancelled {
      if !options.json { show(pipeline.report) }
      if Launch.hasLost { throw error }
      return Self.interrupted(in: folder)
    }
  }

  /// The number of processes on this machine.
  private var localSize: Int { options.localSize(of: processes) }

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

  /// Refuses folders of the command line that lie in what the recipe reads or writes.
  private func checkFolders(beside plan: Plan) throws {
    for (option, folder) in [("--tensorboard", options.tensorboard), ("--work", options.work)] {
      if let folder { try plan.places.check(folder, of: option) }
    }
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
