public import BillhookCore

/// What a plan has to compute, step by step, as far as what earlier runs found tells.
///
/// A walk through the plan that only looks. It goes by the keys and the rounds that the pipeline
/// goes by, so what it calls done is what the pipeline will find.
public struct Forecast: Sendable, Equatable {
  /// What is known of a step.
  public enum Outlook: Sendable, Equatable {
    /// An earlier run did all of it.
    case doneBefore
    /// Nothing is left of it when the steps above are done.
    case doneAbove
    /// Something of it is not computed yet.
    case ahead
    /// It depends on scores that nobody computed yet.
    case open
  }

  /// A step of the plan.
  public struct Entry: Sendable, Equatable {
    /// Whether it is done.
    public let outlook: Outlook
    /// The stages that take time and are not done, by the names that progress gives them; those
    /// that may be left, where nobody can tell.
    public let stages: [String]
    /// What a removal comes to; nil where the scores are not known.
    public var outcome: Outcome?
    /// What the user should know before the step begins, such as that a training begins anew.
    public var note: String?

    /// The units that a removal of one kind takes away; nil where the scores are not known.
    public var removed: [Int]? {
      outcome.flatMap { $0.removed.count == 1 ? $0.removed[0].numbers : nil }
    }
  }

  /// What a removal comes to.
  public struct Outcome: Sendable, Equatable {
    /// The units that go, kind by kind.
    public let removed: [RemovedUnits]
    /// The model without them.
    public let model: LanguageModel
    /// What was asked for beside what is reached; nil where the units are named.
    let reach: Budget.Reach?

    /// Without the same units it is the same model.
    public static func == (one: Outcome, other: Outcome) -> Bool { one.removed == other.removed }
  }

  /// Units of one kind that go.
  public struct RemovedUnits: Sendable, Equatable {
    /// The name of the kind.
    public let kind: String
    /// Their numbers in the model as it was opened, sorted.
    public let numbers: [Int]
  }

  /// The steps in the order in which they are run, those in branches included.
  public private(set) var entries: [Entry] = []

  /// The steps of which nothing is left to do.
  public var doneCount: Int { entries.count { $0.outlook == .doneBefore } }

  /// Looks at what a work folder has for a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - context: Where it would be computed.
  ///   - work: What earlier runs found.
  ///   - build: What tells this build from others.
  /// - Throws: `ModelError` when the model cannot be opened.
  public init(_ plan: Plan, _ context: RunContext, _ work: WorkFolder, build: String) throws {
    let opened = try plan.model.open()
    let keys = StageKeys(plan, context, work.hashes, build: build)
    self.init(plan, opened, KnownStages(keys: keys, store: work.stages, trainings: work.trainings))
  }

  /// A forecast that is known already.
  init(entries: [Entry]) { self.entries = entries }

  init(_ plan: Plan, _ opened: LanguageModel, _ known: KnownStages) {
    var walk = Walk(plan: plan, opened: opened, known: known)
    var start = ModelState(model: opened)
    start.derivation = plan.model.derivation
    walk.follow(plan.steps, from: start)
    entries = walk.entries
  }
}

/// The walk itself.
private struct Walk {
  let plan: Plan
  let opened: LanguageModel
  let known: KnownStages
  var entries: [Forecast.Entry] = []
  /// The keys of the stages that the steps so far leave behind.
  private var coming: Set<String> = []

  init(plan: Plan, opened: LanguageModel, known: KnownStages) {
    self.plan = plan
    self.opened = opened
    self.known = known
  }

  /// Goes through steps; without a state nobody can tell what the model is then.
  mutating func follow(_ steps: [Step], from start: ModelState?) {
    var state = start
    for step in steps {
      if case .branch(let branch) = step {
        follow(branch.steps, from: state)
        continue
      }
      let (entry, after) = look(at: step, state)
      entries.append(entry)
      state = after
      if let change = plan.derivation(of: step) { state?.derivation.append(change) }
    }
  }

  private mutating func look(at step: Step, _ state: ModelState?)
    -> (Forecast.Entry, ModelState?)
  {
    do {
      switch step {
      case .score(let step): return (try scores(step, state), state)
      case .prune(let step): return try removal(step, state)
      case .recover(let step): return try training(step, state)
      case .evaluate(let step): return (try measurement(step, state), state)
      case .save(let step): return (try save(step, state), state)
      case .branch: break
      }
    } catch {
      // What cannot be read now is an error when the run gets there; here it tells nothing.
      if state != nil { return look(at: step, nil) }
    }
    return (Forecast.Entry(outlook: .open, stages: []), nil)
  }

  private mutating func scores(_ step: ScoreStep, _ state: ModelState?) throws -> Forecast.Entry {
    let stage = step.evidenceStage
    guard let state else { return Forecast.Entry(outlook: .open, stages: [stage]) }
    if try known.scores(step, of: state) != nil { return .doneBefore }
    return entry(stage, try known.keys.scores(step, of: state))
  }

  private mutating func measurement(_ step: EvaluateStep, _ state: ModelState?) throws
    -> Forecast.Entry
  {
    let stage = plan.stage(of: step)
    guard let state else { return Forecast.Entry(outlook: .open, stages: [stage]) }
    if try known.measurement(step, of: state) != nil { return .doneBefore }
    return entry(stage, try known.keys.evaluation(step, of: state))
  }

  private mutating func save(_ step: SaveStep, _ state: ModelState?) throws -> Forecast.Entry {
    let stage = plan.stage(of: step)
    guard let state else { return Forecast.Entry(outlook: .open, stages: [stage]) }
    if try known.isSaved(step, state) { return .doneBefore }
    return entry(stage, try known.keys.save(step, of: state))
  }

  /// A stage that is not done yet, unless a step above does it.
  private mutating func entry(_ stage: String, _ key: StageKey) -> Forecast.Entry {
    let isNew = coming.insert(key.hash).inserted
    return Forecast.Entry(outlook: isNew ? .ahead : .doneAbove, stages: isNew ? [stage] : [])
  }

  private mutating func removal(_ step: PruneStep, _ state: ModelState?) throws
    -> (Forecast.Entry, ModelState?)
  {
    let stages = step.scorings.first.map { [$0.evidenceStage] } ?? []
    let repairs = step.repairs.map(\.stage)
    guard let state else {
      let most = try PruningRounds(step, of: ModelState(model: opened), opened: opened).roundsLeft
      let all = Array(repeating: stages + repairs, count: most).flatMap { $0 }
      return (Forecast.Entry(outlook: .open, stages: all), nil)
    }
    var rounds = try PruningRounds(step, of: state, opened: opened)
    var repairing: [String] = []
    while !rounds.isOver {
      guard let scores = try known.scores(step.scorings, of: rounds.state) else {
        var next = Forecast.Entry(outlook: .doneAbove, stages: [])
        for scoring in step.scorings {
          let found = entry(scoring.evidenceStage, try known.keys.scores(scoring, of: rounds.state))
          if next.stages.isEmpty { next = found }
        }
        let rest = Array(repeating: stages + repairs, count: rounds.roundsLeft - 1)
        let later = repairing + repairs + rest.flatMap { $0 }
        // Behind scores of a step above, later rounds may be known or not.
        let outlook: Forecast.Outlook =
          next.stages.isEmpty && !later.isEmpty ? .open : next.outlook
        return (Forecast.Entry(outlook: outlook, stages: next.stages + later), nil)
      }
      let chosen = try rounds.selection(from: scores)
      var cut = try rounds.state.removing(chosen, step.units)
      for repair in step.repairs {
        let key = try known.keys.repair(repair, of: cut, cutFrom: rounds.state)
        cut.trained.append(key)
      }
      // Keys know a repair without its numbers; the model has these shapes.
      cut.model = step.withBiases(of: cut.model)
      repairing += repairs
      try rounds.end(with: cut, chosen, by: scores)
    }
    var entry = Forecast.Entry.doneBefore
    // A repair is made again each time.
    if !repairing.isEmpty { entry = Forecast.Entry(outlook: .ahead, stages: repairing) }
    let finished = rounds.finished
    entry.outcome = Forecast.Outcome(
      removed: rounds.removedByKind,
      model: finished.model,
      reach: rounds.reach(with: Selection(removed: [], ends: []))
    )
    return (entry, finished)
  }

  /// A training, and the state behind it, which keys know without it: its model has these shapes.
  private mutating func training(_ step: RecoverStep, _ state: ModelState?) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard var state else {
      return (Forecast.Entry(outlook: .open, stages: [step.stage]), nil)
    }
    let key = try known.keys.training(step, of: state)
    let trained = try known.trained(step, state)
    var entry = trained == nil ? entry(step.stage, key) : .doneBefore
    if trained == nil { entry.note = known.trainings.alike(key, in: known.store).first?.note(key) }
    state.model = trained ?? state.model
    state.trained.append(key)
    return (entry, state)
  }
}

extension Forecast.Entry {
  fileprivate static let doneBefore = Forecast.Entry(outlook: .doneBefore, stages: [])
}
