import BillhookRecipe
package import BillhookCore

/// Runs a plan, step by step and stage by stage; what was found before is not computed again.
package final class Pipeline {
  private let plan: Plan
  private let run: PlanRun
  private let hear: @Sendable (PlanEvent) -> Void
  private let page: (@Sendable (Report) -> String)?
  private let replaced: [String]
  private var warnings: [Report.Note] = []
  private let began = ContinuousClock.now
  /// When the page was made last, and how long that took; nil before.
  private var pageMade: (end: ContinuousClock.Instant, duration: Duration)?

  /// What was found so far.
  package var report: Report { run.report }

  /// Takes the plan's model, opened now unless it was opened before; nothing is computed yet.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - context: Where it is computed.
  ///   - work: What earlier runs found, and where this one keeps what it finds.
  ///   - folder: The folder of this run.
  ///   - build: What identifies this build; another build computes everything again.
  ///   - opened: The plan's model as `check` opened it; nil to open it now.
  ///   - processes: The processes that run the plan together, each with a work folder of its own.
  ///   - replaced: The `let` values that the command line replaced, for the report.
  ///   - hear: Is told which step begins.
  ///   - page: Makes the page that is kept beside the report; nil for none.
  /// - Throws: `FileError` when the model cannot be opened.
  package init(
    _ plan: Plan,
    _ context: RunContext,
    _ work: WorkFolder,
    _ folder: RunFolder,
    build: String,
    opened: OpenedModel? = nil,
    processes: ProcessGroup = .alone,
    replaced: [String] = [],
    hear: @escaping @Sendable (PlanEvent) -> Void = { _ in },
    page: (@Sendable (Report) -> String)? = nil
  ) throws {
    self.plan = plan
    self.hear = hear
    self.page = page
    self.replaced = replaced
    let opened = try opened ?? OpenedModel(plan.model)
    run = try PlanRun(
      plan.inputs,
      plan.uses,
      MeasuredNames(plan.measurements, plan.inputs),
      opened,
      context,
      work,
      folder,
      build: build,
      processes: processes
    )
  }

  /// Runs the plan to its end.
  ///
  /// A branch that fails is noted in the report, and the others go on.
  ///
  /// - Parameter warnings: What the user should know before the run; it begins the report.
  /// - Returns: What was measured and saved.
  /// - Throws: `StepError` with the statement that failed outside of all branches; what earlier
  ///   stages found stays.
  package func run(warnings: [String] = []) throws -> Report {
    self.warnings = warnings.map { Report.Note($0) }
    try run.folder.keep(plan.source.text, as: "recipe", extension: "recipe")
    run.report.run = try RunDescription(
      plan.inputs,
      run.opened,
      run.context,
      replaced: replaced,
      processes: run.processes.size
    )
    // Whoever asks for the report of a run in progress finds what there is.
    try writeReport()
    defer { try? FileSystem.remove(run.folder.scratch) }
    if run.work.hashes.wasDamaged {
      let file = FileHashes.path(in: run.work.path)
      run.context.progress(
        .note("\(file): is damaged, so it is not used, and files are hashed again")
      )
    }
    hear(.planned(Forecast(plan, run.opened, run.seen)))
    // A GGUF file is no base that adapters can name.
    let directory = plan.model.directory.flatMap { FileSystem.isDirectory($0) ? $0 : nil }
    let start = ModelState(opening: plan.model, run.opened, savedAs: directory)
    do {
      _ = try run(plan.steps, on: start, in: [], from: 0)
    } catch let error as StepError {
      run.report.failures.append(error)
      // What went wrong matters more than a report that cannot be written.
      try? end(as: .failed)
      throw error
    } catch let error as Cancelled {
      try? end(as: .interrupted)
      throw error
    } catch {
      try? end(as: .failed)
      throw error
    }
    try end(as: .finished)
    return run.report
  }

  private func end(as ending: RunDescription.Ending) throws {
    run.report.run?.ending = ending
    try writeReport()
    // What was measured after a model was saved stands in its card too.
    for card in run.cards { try ModelCardFile.update(card, with: run.report) }
  }

  private func run(
    _ steps: [any PlanStep],
    on state: ModelState,
    in branches: [Branch],
    from first: Int
  ) throws -> ModelState {
    var state = state
    var number = first
    for step in steps {
      do {
        state = try run(step, on: state, in: branches, as: number)
      } catch let error as Cancelled {
        throw error
      } catch let error as LostProcess {
        throw error
      } catch let error as StageError {
        let message = "\(error.error)"
        throw StepError(span: step.span, stage: error.stage, message: message, branches: branches)
      } catch let error as StepError {
        throw error
      } catch {
        throw StepError(span: step.span, stage: nil, message: "\(error)", branches: branches)
      }
      number += [step].single.count
      try writeReport()
    }
    return state
  }

  private func run(
    _ step: any PlanStep,
    on state: ModelState,
    in branches: [Branch],
    as number: Int
  ) throws -> ModelState {
    if let inner = step.inner {
      try run(inner, on: state, in: branches + [inner.branch.starting(at: number)], from: number)
      return state
    }
    run.stages.branches = branches
    hear(.reached(step: number + 1, of: plan.steps.single.count, in: branches))
    var after = try together(as: number) { try step.run(state, in: run) }
    after.model = after.model.staying(in: run.context)
    return after
  }

  /// Runs a step that fails in all processes where it fails in one, so that all go on alike.
  private func together(as number: Int, _ body: () throws -> ModelState) throws -> ModelState {
    do {
      return try run.processes.together(
        "the end of step \(number + 1)",
        failure: { error in
          if error is Cancelled { return .cancelled }
          return .error("\((error as? StageError)?.error ?? error)")
        },
        body
      )
    } catch let error as PeerError where error.isCancelled {
      throw Cancelled()
    } catch let error as ApartError {
      throw try DifferentFiles(run.work.hashes, in: run.processes) ?? error
    }
  }

  private func run(
    _ branch: BranchStep,
    on state: ModelState,
    in branches: [Branch],
    from first: Int
  ) throws {
    do {
      _ = try run(branch.steps, on: state, in: branches, from: first)
    } catch let error as StepError {
      run.report.failures.append(error)
      try writeReport()
    }
  }

  private func writeReport() throws {
    run.report.notes = warnings + run.stages.notes
    run.report.run?.seconds = (ContinuousClock.now - began) / .seconds(1)
    try FileSystem.write(
      Array((run.report.json.text(showable: true) + "\n").utf8),
      to: "\(run.folder.path)/report.json"
    )
    try writePage()
  }

  /// Makes the page anew, unless that would take more than a twentieth of the time of a run under way: a page
  /// of many branches takes long, and there are many steps after which it could be made.
  private func writePage() throws {
    guard let page else { return }
    let start = ContinuousClock.now
    if let pageMade, run.report.run?.ending == .open,
      start - pageMade.end < pageMade.duration * 20
    {
      return
    }
    try run.folder.keep(page: page(run.report))
    let end = ContinuousClock.now
    pageMade = (end, end - start)
  }
}
