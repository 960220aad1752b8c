import BillhookModels

/// A removal on its way: at once, or in rounds with new scores in between.
struct PruningRounds {
  private let step: PruneStep
  /// The model as it stands, with every round that is over.
  private(set) var state: ModelState
  /// What is still to go; nil when nothing is.
  private var budget: Budget?
  private var removedCount = 0

  /// Begins with nothing removed.
  ///
  /// - Throws: `BudgetError` when the model cannot give what is asked for.
  init(_ step: PruneStep, of state: ModelState, opened: LanguageModel) throws(BudgetError) {
    self.step = step
    self.state = state
    budget = try step.budget(for: state.model, opened: opened)
  }

  /// Whether no round is left.
  var isOver: Bool { budget == nil }

  /// The units that the next round removes, least important first.
  func selection(from scores: Scores) throws(BudgetError) -> [PrunableUnit] {
    guard let budget else { return [] }
    let all = try budget.selection(from: scores).removed
    return step.rescoring.map { Array(all.prefix($0)) } ?? all
  }

  /// Ends a round: some units go, by these scores.
  mutating func remove(_ chosen: [PrunableUnit], by scores: Scores) throws {
    let unit = step.scoring.unit
    state = try state.removing(chosen, unit)
    state.removals.append(
      ModelState.Removal(
        unit: type(of: unit).name,
        step: step,
        scores: scores,
        removed: chosen.map(\.number).sorted()
      )
    )
    removedCount += chosen.count
    // With these scores nothing more may fit, and others are not to be had.
    let wasLast = step.rescoring == nil || chosen.isEmpty
    budget = wasLast ? nil : budget?.rest(behind: chosen, of: unit.units(of: state.model))
  }

  /// The rounds that are left at most; the next one counts.
  var roundsLeft: Int {
    guard let budget else { return 0 }
    guard let rescoring = step.rescoring else { return 1 }
    return max(1, (budget.anySelection.removed.count + rescoring - 1) / rescoring)
  }

  /// The model behind the last round.
  var finished: ModelState {
    var state = state
    let kind = type(of: step.scoring.unit).name
    let criterion = type(of: step.scoring.criterion).name
    state.history.append("- \(removedCount) \(kind) by \(criterion)")
    return state
  }
}
