import BillhookModels
public import BillhookRecipe

/// Runs a plan, step by step and stage by stage.
public struct Pipeline {
  private let plan: Plan
  private let context: RunContext
  private let folder: RunFolder
  private let opened: LanguageModel
  private var model: LanguageModel {
    didSet { known.removeAll() }
  }
  /// The scores of the model as it stands, by what they were asked for with.
  private var known: [String: Scores] = [:]
  private var data: TokenSets
  private var history: [String] = []
  private var removals: [Provenance.Removal] = []
  private let stages: Stages
  private var report = Report()

  /// Opens the plan's model; nothing is computed yet.
  public init(_ plan: Plan, _ context: RunContext, _ folder: RunFolder) throws {
    self.plan = plan
    self.context = context
    self.folder = folder
    opened = try LanguageModel(opening: plan.model.path)
    model = opened
    data = TokenSets(plan.data, for: opened)
    stages = Stages(context, in: folder)
  }

  /// Runs the plan to its end.
  ///
  /// - Returns: What was measured and saved.
  /// - Throws: `StepError` with the statement that failed; what earlier stages wrote stays.
  public mutating func run() throws -> Report {
    try folder.keep(plan.source.text, as: "recipe", extension: "recipe")
    defer { try? FileSystem.remove(folder.scratch) }
    for step in plan.steps {
      do {
        try run(step)
      } catch let error as Cancelled {
        throw error
      } catch {
        throw StepError(span: step.span, message: "\(error)")
      }
      try FileSystem.write(
        Array((report.json.text() + "\n").utf8),
        to: "\(folder.path)/report.json"
      )
    }
    return report
  }

  private mutating func run(_ step: Step) throws {
    switch step {
    case .score(let step): _ = try scores(step)
    case .prune(let step): try prune(step)
    case .recover(let step): try recover(step)
    case .evaluate(let step): try evaluate(step)
    case .save(let step): try save(step)
    }
  }

  // MARK: Statements

  private mutating func scores(_ step: ScoreStep) throws -> Scores {
    let tokens = try step.data.map { try data[$0] }
    let scoring = Scoring(model, step.unit, context)
    let criterion = step.criterion
    let request = "\(step.unit.signature) \(criterion.signature) \(step.data ?? "")"
    if let scores = known[request] {
      return try stages.run("scores by \(criterion.signature)") { _ in (scores, "as before") }
    }
    let measured = try stages.run("evidence for \(criterion.signature)") { _ in
      (try scoring.measure(for: criterion, on: tokens), "")
    }
    let name = type(of: criterion).name
    let scores = try stages.run("scores by \(criterion.signature)") { byproducts in
      let scores = try scoring.scores(by: criterion, from: measured) { byproducts.notes.append($0) }
      let file = try folder.keep(ScoreFile.text(scores), as: "scores-\(name)", extension: "csv")
      byproducts.files.append(file)
      if let tokens, !criterion.evidence.isEmpty {
        byproducts.files.append(
          try folder.keep(TokenFile.text(tokens), as: "tokens-\(name)", extension: "txt")
        )
      }
      return (scores, "\(scores.units.count) units scored, in \(file)")
    }
    known[request] = scores
    return scores
  }

  private mutating func prune(_ step: PruneStep) throws {
    let unit = step.scoring.unit
    let kind = type(of: unit).name
    let before = model
    let budget = try step.budget(for: before, opened: opened)
    let scores = try scores(step.scoring)
    let selection = try stages.run("selection: \(step.amount), \(step.keep)") { _ in
      let selection = try budget.selection(from: scores)
      return (selection, "\(kind) \(selection.numbers.map(String.init).joined(separator: ", "))")
    }
    model = try stages.run("cut") { _ in
      let cut = try unit.cutting(selection.removed, from: before)
      let share = 100 * Double(cut.parameterCount) / Double(opened.parameterCount)
      return (
        cut, "\(cut.parameterCount) parameters left, \(rounded(share)) % of the opened model"
      )
    }
    removals.append(
      Provenance.Removal(
        unit: kind,
        amount: "\(step.amount)",
        keep: "\(step.keep)",
        scores: scores,
        removed: selection.numbers,
        tokens: step.scoring.criterion.evidence.isEmpty
          ? nil : try step.scoring.data.map { try data[$0] }
      )
    )
    history.append(
      "- \(selection.removed.count) \(kind) by \(type(of: step.scoring.criterion).name)"
    )
  }

  private mutating func recover(_ step: RecoverStep) throws {
    let (before, tokens) = (model, try data[step.data])
    model = try stages.run("recover \(step.recovery.signature)") { _ in
      (try step.recovery.train(before, on: tokens, context), "")
    }
    history.append("+ \(type(of: step.recovery).name)")
  }

  private mutating func evaluate(_ step: EvaluateStep) throws {
    let (model, tokens) = (model, try data[step.data])
    let start = ContinuousClock.now
    let metrics = try stages.run("evaluate \(step.evaluation.signature) on \(step.data)") { _ in
      let metrics = try step.evaluation.measure(model, on: tokens, context)
      let shown = metrics.map { "\($0.name) \(rounded($0.value)) (\($0.protocolNote))" }
      return (metrics, shown.joined(separator: ", "))
    }
    report.rows.append(
      Report.Row(
        label: history.isEmpty ? "as opened" : history.joined(separator: " "),
        parameters: model.parameterCount,
        bytes: try model.byteCount(),
        metrics: metrics.map {
          Metric(name: "\($0.name) \(step.data)", value: $0.value, protocolNote: $0.protocolNote)
        },
        seconds: (ContinuousClock.now - start).seconds
      )
    )
  }

  private mutating func save(_ step: SaveStep) throws {
    let (model, provenance) = (
      model, Provenance(recipe: plan.source.text, source: plan.model.name, removals: removals)
    )
    let saving = Saving(format: step.format, context: context)
    try stages.run("save \(step.path)") { _ in
      let outcome = try saving.save(
        model,
        provenance,
        to: step.path,
        overwrite: step.overwrite
      )
      return ((), outcome == .written ? "written and compared" : "held this result already")
    }
    report.saved.append(step.path)
  }
}

/// A statement of a recipe that could not be carried out.
public struct StepError: Error, Equatable, Sendable {
  /// The statement.
  public let span: SourceSpan
  /// What went wrong.
  public let message: String
}

/// A number with a few digits, for people.
func rounded(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  return "\((value * 1000).rounded() / 1000)"
}
