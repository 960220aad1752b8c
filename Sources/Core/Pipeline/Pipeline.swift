import BillhookModels
public import BillhookRecipe

/// Runs a plan, step by step and stage by stage; what was found before is not computed again.
public final class Pipeline {
  let plan: Plan
  let context: RunContext
  let folder: RunFolder
  /// Held, because its lock lasts as long as it does.
  let work: WorkFolder
  let opened: LanguageModel
  let keys: StageKeys
  let store: StageStore
  let stages: Stages
  private var warnings: [Report.Note] = []
  let places: PlanPlaces
  var data: TokenSets
  /// What was found so far.
  public internal(set) var report = Report()
  /// Whether it was said what saved models lack of the source.
  var hasToldWhatStaysBehind = false

  /// Opens the plan's model; nothing is computed yet.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - context: Where it is computed.
  ///   - work: What earlier runs found, and where this one keeps what it finds.
  ///   - folder: The folder of this run.
  ///   - build: What tells this build from others; another build computes everything again.
  /// - Throws: `ModelError` when the model cannot be opened.
  public init(
    _ plan: Plan,
    _ context: RunContext,
    _ work: WorkFolder,
    _ folder: RunFolder,
    build: String
  ) throws {
    self.plan = plan
    let heard = NotesHeard()
    let context = heard.listening(to: context)
    self.context = context
    self.folder = folder
    self.work = work
    work.hashes.listener = context
    keys = StageKeys(plan, context, work.hashes, build: build)
    opened = try keys.files.open()
    store = work.stages
    data = TokenSets(plan.data, for: opened, keys.files, context)
    stages = Stages(context, heard, in: folder)
    places = PlanPlaces(plan, work: work.path)
  }

  /// Runs the plan to its end.
  ///
  /// A branch that fails is noted in the report, and the others go on.
  ///
  /// - Parameter warnings: What is known already that the user should know; it begins the report.
  /// - Returns: What was measured and saved.
  /// - Throws: `StepError` with the statement that failed outside of all branches; what earlier
  ///   stages found stays.
  public func run(warnings: [String] = []) throws -> Report {
    self.warnings = warnings.map { Report.Note($0) }
    try folder.keep(plan.source.text, as: "recipe", extension: "recipe")
    // Whoever asks for the report of a run that is busy finds what there is.
    try writeReport()
    defer { try? FileSystem.remove(folder.scratch) }
    if work.hashes.wasDamaged {
      let file = FileHashes.path(in: work.path)
      context.progress(.note("\(file): is damaged, so it is not used, and files are hashed again"))
    }
    let seen = KnownStages(keys: keys, store: store, trainings: work.trainings)
    context.progress(.planned(Forecast(plan, opened, seen)))
    var start = ModelState(model: opened, savedAs: plan.model.directory)
    start.derivation = plan.model.derivation
    _ = try run(plan.steps, on: start, in: [], from: 0)
    return report
  }

  /// What earlier stages found, of this run and of others.
  var known: KnownStages {
    var store = store
    store.heedDamage = { [context] in context.progress(.note($0)) }
    return KnownStages(keys: keys, store: store, trainings: work.trainings)
  }

  private func run(
    _ steps: [Step],
    on state: ModelState,
    in branches: [Branch],
    from first: Int
  ) throws -> ModelState {
    var state = state
    var number = first
    for step in steps {
      do {
        state = try run(step, on: state, in: branches, as: number)
        if let change = plan.derivation(of: step) { state.derivation.append(change) }
      } catch let error as Cancelled {
        throw error
      } catch let error as StageError {
        let message = "\(error.error)"
        throw StepError(span: step.span, stage: error.stage, message: message, branches: branches)
      } catch {
        throw StepError(span: step.span, stage: nil, message: "\(error)", branches: branches)
      }
      number += step.count
      try writeReport()
    }
    return state
  }

  private func run(
    _ branch: BranchStep,
    on state: ModelState,
    in branches: [Branch],
    from first: Int
  ) throws {
    let branches = branches + [branch.branch]
    do {
      _ = try run(branch.steps, on: state, in: branches, from: first)
    } catch let error as StepError {
      report.failures.append(error)
      try writeReport()
    }
  }

  private func run(
    _ step: Step,
    on state: ModelState,
    in branches: [Branch],
    as number: Int
  ) throws -> ModelState {
    if case .branch(let branch) = step {
      try run(branch, on: state, in: branches, from: number)
      return state
    }
    stages.branches = branches
    context.progress(.reached(step: number + 1, of: plan.stepCount, in: branches))
    switch step {
    case .score(let step):
      _ = try scores([step], of: state, areAskedFor: true)
      return state
    case .prune(let step): return try prune(step, state)
    case .recover(let step): return try recover(step, state, in: branches)
    case .evaluate(let step):
      try evaluate(step, state, in: branches)
      return state
    case .save(let step):
      var state = state
      try save(step, state)
      state.savedAs = step.path
      return state
    case .branch: return state
    }
  }

  private func writeReport() throws {
    report.notes = warnings + stages.notes
    try FileSystem.write(
      Array((report.json.text(showable: true) + "\n").utf8),
      to: "\(folder.path)/report.json"
    )
  }
}

/// A statement of a recipe that could not be carried out.
public struct StepError: Error, Equatable, Sendable {
  /// The statement.
  public let span: SourceSpan
  /// What the stage is called that failed, in progress and journal; nil in front of all stages.
  public let stage: String?
  /// What went wrong, with the plugin in which it did.
  public let message: String
  /// The branches that it stands in, from the outermost.
  public let branches: [Branch]
}
