import BillhookCore
/// A removal in progress: at once, or in rounds with new scores in between.
struct PruningRounds {
  private let step: PruneStep
  /// The model as it stands, with every round that is over.
  private(set) var state: ModelState
  /// What is still to go; nil when nothing is.
  private var budget: Budget?
  /// All that was asked for.
  let whole: Budget
  private var removed: [PrunableUnit] = []

  /// Begins with nothing removed.
  ///
  /// - Throws: `BudgetError` when the model cannot give what is asked for.
  init(
    _ step: PruneStep,
    of state: ModelState,
    opened: LanguageModel,
    shares: [Double]? = nil
  ) throws(BudgetError) {
    self.step = step
    self.state = state
    whole = try step.budget(for: state.model, opened: opened, shares: shares)
    budget = whole
  }

  /// Whether no round is left.
  var isOver: Bool { budget == nil }

  /// The units that the next round removes, in the order in which they go.
  func selection(from scores: [Scores]) throws(BudgetError) -> Selection {
    guard let budget else { return Selection(removed: [], ends: []) }
    let all = try budget.selection(from: scores)
    return step.rescoring.map { all.prefix(units: $0) } ?? all
  }

  /// The units that go, kind by kind; a kind that loses nothing is named as well.
  func text(of selection: Selection) -> String {
    step.units.map { unit in
      let numbers = selection.removed.filter { $0.granularity == unit.granularity }.map(\.number)
        .sorted()
      let kind = whole.kind(of: unit.granularity)
      return (1...64).contains(numbers.count)
        ? "\(kind) \(numbers.map(String.init).joined(separator: ", "))"
        : "\(numbers.isEmpty ? "no" : "\(numbers.count)") \(kind)"
    }
    .joined(separator: "; ")
  }

  /// What was asked for and what is reached when some more units go; nil for named units.
  func reach(with chosen: Selection) -> Budget.Reach? {
    whole.reach(of: removed + chosen.removed)
  }

  /// What the user should know of how the amount is met when some more units go.
  func notes(with chosen: Selection) -> [String] {
    let missed = reach(with: chosen).flatMap { $0.isMissed ? $0.text : nil }
    return ([missed].compactMap(\.self) + whole.reasons(for: removed + chosen.removed))
      .map { "`\(step.amount)`: \($0)" }
  }

  /// The state without some units, by the scores of each kind; none where the units are named.
  func cut(_ chosen: Selection, by scores: [Scores]) throws -> ModelState {
    var cut = state
    cut.model = try state.model.removing(chosen.gates(step.units, of: state.model))
    for (index, unit) in step.units.enumerated() {
      let gone = chosen.removed.filter { $0.granularity == unit.granularity }
      let scores = scores.indices.contains(index) ? scores[index] : nil
      cut.note(
        .removal(
          Change.Removal(
            unit: scores?.blocks.first?.kind ?? gone.first?.kind ?? type(of: unit).name,
            amount: step.amount,
            keep: step.keep,
            criterion: step.criterion,
            calibration: step.scorings.first?.calibration,
            scores: scores,
            removed: gone.map(\.number).sorted()
          )
        )
      )
    }
    return cut
  }

  /// Ends a round: some units went.
  ///
  /// - Parameters:
  ///   - cut: The state without them, repaired.
  ///   - chosen: The units.
  /// - Throws: `BudgetError` when the allocation has no answer for what is left.
  mutating func end(with cut: ModelState, _ chosen: Selection) throws(BudgetError) {
    state = cut
    removed += chosen.removed
    budget = try rest(after: chosen, of: state.model)
  }

  /// Whether no round comes after the one that removes some units.
  func isLast(_ chosen: Selection, leaving model: LanguageModel) throws(BudgetError) -> Bool {
    try rest(after: chosen, of: model) == nil
  }

  private func rest(
    after chosen: Selection,
    of model: LanguageModel
  ) throws(BudgetError) -> Budget? {
    // With these scores nothing more may fit, and there are no others.
    guard step.rescoring != nil, !chosen.removed.isEmpty else { return nil }
    return try budget?.rest(after: chosen.removed, of: model)
  }

  /// The number of rounds that are left at most, the next one included.
  var roundsLeft: Int {
    guard let budget else { return 0 }
    guard let rescoring = step.rescoring else { return 1 }
    let count = (try? budget.anySelection())?.removed.count ?? 0
    return max(1, count / rescoring + (count.isMultiple(of: rescoring) ? 0 : 1))
  }

  /// All units that went so far, kind by kind.
  var removedByKind: [Forecast.RemovedUnits] {
    step.units.map { unit in
      let gone = removed.filter { $0.granularity == unit.granularity }
      return Forecast.RemovedUnits(
        kind: whole.kind(of: unit.granularity),
        numbers: gone.map(\.number).sorted()
      )
    }
  }

  /// The most units whose numbers stand in a row of the report.
  private static let mostListed = 30

  /// The model after the last round.
  ///
  /// - Parameters:
  ///   - derivation: What the step does, with everything that a recipe says about it.
  ///   - more: What it does besides removing, as rows of the report say it.
  /// - Returns: The state, with the step noted.
  func finished(_ derivation: String?, _ more: String = "") -> ModelState {
    var state = state
    let units = step.units.compactMap { unit -> (noun: String, numbers: [Int])? in
      let numbers = removed.filter { $0.granularity == unit.granularity }.map(\.number)
      return numbers.isEmpty && step.units.count > 1 ? nil : (unit.noun, numbers.sorted())
    }
    let how = step.criterion.map { criterion in
      type(of: criterion).name + (step.search.map { " + \(type(of: $0.search).name)" } ?? "")
    }
    let isListed = how == nil && removed.count <= Self.mostListed
    let parts = units.map { noun, numbers in
      isListed
        ? "\(noun)\(numbers.count == 1 ? "" : "s") \(numbers.runs)" : counted(numbers.count, noun)
    }
    let repairs = step.repairs.map { " + \(type(of: $0.repair).name)" }.joined()
    let ending = (isListed ? "" : " by \(how ?? "number")") + repairs + more
    state.note(
      .statement(
        Change.Wording(
          derivation: derivation ?? "",
          label: "- \(parts.joined(separator: " and "))\(ending)",
          method: "\(step.units.map { "\($0.noun)s" }.joined(separator: " and ")) by "
            + "\(how ?? "number")\(repairs)\(more)"
        )
      )
    )
    return state
  }
}
