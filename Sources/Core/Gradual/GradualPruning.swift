package import BillhookEngine
package import BillhookModels
package import BillhookTorch

/// Closes units of a model little by little while it is trained, until an amount is reached.
///
/// In each step, when gradients are complete, the scores of all units that may go are brought up to date:
/// running means of what the criterion says of the step. Every so many steps the least important units
/// are closed, as many as the schedule says of what the budget would take by these scores. A closed unit
/// stays closed and gets no gradient. After the last step at the latest the whole amount is closed.
///
/// Scores and what is closed lie in checkpoints, and everything else follows from them.
///
/// Source: Zhang et al., LoRAPrune, 2023, arXiv 2305.18403, algorithm 1.
package final class GradualPruning: TrainingObserver {
  private let model: LanguageModel
  private let kinds: [any PruningUnit]
  private let blocks: [[BlockUnits]]
  private let criterion: TrainingScores
  private let budget: Budget
  private let schedule: PruningSchedule
  private let context: RunContext

  /// The scores of all units, kind after kind, in f64.
  private let values: Tensor
  /// One for units that are closed, else zero: `uint8`.
  private let closed: Tensor
  /// The number of steps with scores that count.
  private let scoredSteps: Tensor
  /// Whether the criterion gave scores in some step that are not finite, so that they do not count.
  package private(set) var hasGaps = false

  /// What the training came to; nil until it has ended.
  package private(set) var outcome: Outcome?

  /// Prunes nothing yet.
  ///
  /// - Parameters:
  ///   - model: The model that is trained.
  ///   - units: The kinds of units that go.
  ///   - criterion: What scores them.
  ///   - budget: How many go, and from where.
  ///   - schedule: When they go.
  ///   - context: Where it runs.
  /// - Throws: `ScoreError` for a criterion that cannot score in a training.
  package init(
    _ model: LanguageModel,
    _ units: [any PruningUnit],
    by criterion: any Criterion,
    _ budget: Budget,
    _ schedule: PruningSchedule,
    _ context: RunContext
  ) throws {
    self.model = model
    kinds = units
    blocks = budget.blocksByKind(units)
    self.criterion = try TrainingScores(criterion)
    self.budget = budget
    self.schedule = schedule
    self.context = context
    let count = blocks.joined().reduce(0) { $0 + $1.count }
    values = try Tensor.zeros([count], dtype: .float64)
    closed = try Tensor.zeros([count], dtype: .uint8)
    scoredSteps = try Tensor.zeros([1], dtype: .int64)
  }

  package var state: [String: Tensor] {
    ["scores": values, "closed": closed, "steps": scoredSteps]
  }

  /// The units that are closed.
  package var gates: Gates {
    get throws {
      let gone = zip(blocks.joined().lazy.flatMap(\.all), try isClosed).filter(\.1).map(\.0)
      return Selection(removed: gone, ends: []).gates(kinds, of: model)
    }
  }

  /// Brings the scores up to date, and closes the units that are due.
  package func gradientsAreComplete(_ step: TrainingStep) throws {
    let course = try course(of: step)
    guard needsScores(course, step) else { return }
    let found = try scores(in: step)
    let isFinite = try found.allFinite()
    let decay = criterion.decay
    let mean = isFinite ? try values * decay + found * (1 - decay) : values
    let count = Int(try scoredSteps.scalar()) + (isFinite ? 1 : 0)
    var due: [Bool]?
    if course.isDue(after: step.number) {
      let whole = try selection(by: mean, count, step)
      due = try flags(of: whole.part(course.share(after: step.number), atLeast: closedCounts()))
    }
    // Nothing below throws unless memory is gone, so a step that is stopped has changed nothing.
    try values.copy(from: mean)
    try scoredSteps.copy(from: Tensor([count]))
    if let due { try closed.copy(from: Tensor(due.map { $0 ? 1 : 0 }).to(.uint8)) }
    guard !isFinite, !hasGaps else { return }
    hasGaps = true
    context.progress(
      .note(
        "step \(step.number + 1): `\(criterion.criterion.shortSignature)` gave scores that are not finite; "
          + "steps with such scores do not count"
      )
    )
  }

  /// Says what the training came to.
  package func trainingEnded(_ step: TrainingStep) throws {
    let flags = try isClosed
    outcome = Outcome(
      scores: try scores(by: values),
      removed: zip(blocks.joined().lazy.flatMap(\.all), flags).filter(\.1).map(\.0)
    )
  }

  private func course(of step: TrainingStep) throws -> PruningSchedule.Course {
    do throws(ParameterProblem) {
      return try schedule.course(of: step.count)
    } catch {
      throw TrainingError("`gradual`: \(error.message)")
    }
  }

  // MARK: Scores

  /// Whether the scores of a step matter: not after the last units went, and without a running mean only
  /// where units go.
  private func needsScores(_ course: PruningSchedule.Course, _ step: TrainingStep) -> Bool {
    guard step.number <= course.last else { return false }
    return criterion.decay > 0 || course.isDue(after: step.number)
  }

  /// What the criterion says of all units in a step, in the order of `values`.
  private func scores(in step: TrainingStep) throws -> Tensor {
    let tensors = StepTensors(step)
    let isClosed = try isClosed
    var start = 0
    let found = try blocks.joined().map { units in
      defer { start += units.count }
      try context.checkCancelled()
      let scores = try criterion.scores(of: units, step, tensors, on: context.device)
      if let scores { return try scores.to(.float64, device: .cpu) }
      // Units that are closed as a whole have no gradients, and no further use for scores.
      guard isClosed[start..<start + units.count].allSatisfy(\.self) else {
        throw ScoreError(
          criterion.criterion.signature,
          "found no gradients of \(units.unit(0).label) in the training"
        )
      }
      return try Tensor.zeros([units.count], dtype: .float64)
    }
    return try .joined(found, along: 0)
  }

  private func scores(by values: Tensor) throws -> [Scores] {
    let all = try values.doubles()
    var start = 0
    return try blocks.map { blocks in
      let count = blocks.reduce(0) { $0 + $1.count }
      defer { start += count }
      return try Scores(
        criterion: criterion.criterion.signature,
        scale: .plain,
        blocks: blocks,
        values: Array(all[start..<start + count])
      )
    }
  }

  // MARK: Units

  private var isClosed: [Bool] { get throws { try closed.integers().map { $0 != 0 } } }

  private func closedCounts() throws -> [UnitGranularity: Int] {
    zip(blocks.joined().lazy.flatMap(\.all), try isClosed).reduce(into: [:]) { counts, unit in
      if unit.1 { counts[unit.0.granularity, default: 0] += 1 }
    }
  }

  /// The whole amount by some scores, closed units first.
  private func selection(by values: Tensor, _ count: Int, _ step: TrainingStep) throws -> Selection
  {
    guard count > 0 else {
      throw ScoreError(
        criterion.criterion.signature,
        "gave no finite scores in any of the first \(counted(step.number + 1, "step"))"
      )
    }
    let isClosed = try isClosed
    var start = 0
    let scores = try scores(by: values).map { scores in
      defer { start += scores.values.count }
      return scores.putting(first: isClosed[start..<start + scores.values.count])
    }
    return try budget.selection(from: scores)
  }

  private func flags(of selection: Selection) -> [Bool] {
    let gone = Set(
      selection.removed.map { UnitName(granularity: $0.granularity, number: $0.number) }
    )
    return blocks.joined().flatMap(\.all).map {
      gone.contains(UnitName(granularity: $0.granularity, number: $0.number))
    }
  }

  private struct UnitName: Hashable {
    let granularity: UnitGranularity
    let number: Int
  }
}

extension Budget {
  /// The units of the blocks in which some may go, for each kind.
  func blocksByKind(_ units: [any PruningUnit]) -> [[BlockUnits]] {
    units.map { unit in blocks.filter { $0.granularity == unit.granularity } }
  }
}
