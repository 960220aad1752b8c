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

  /// The units that the next round removes, in the order in which they go.
  func selection(from scores: [Scores]) throws(BudgetError) -> Selection {
    guard let budget else { return Selection(removed: [], ends: []) }
    let all = try budget.selection(from: scores)
    return step.rescoring.map { all.prefix(units: $0) } ?? all
  }

  /// Ends a round: some units went, by the scores of each kind.
  ///
  /// - Parameters:
  ///   - cut: The state without them, repaired.
  ///   - chosen: The units.
  ///   - scores: The scores of each kind of units.
  /// - Throws: `BudgetError` when the spread has no answer for what is left.
  mutating func end(
    with cut: ModelState,
    _ chosen: Selection,
    by scores: [Scores]
  ) throws(BudgetError) {
    state = cut
    for (unit, scores) in zip(step.units, scores) {
      let removed = chosen.removed.filter { $0.extent == unit.extent }
      state.removals.append(
        ModelState.Removal(
          unit: scores.blocks.first?.kind ?? type(of: unit).name,
          step: step,
          scores: scores,
          removed: removed.map(\.number).sorted()
        )
      )
    }
    removedCount += chosen.removed.count
    // With these scores nothing more may fit, and others are not to be had.
    let wasLast = step.rescoring == nil || chosen.removed.isEmpty
    budget = wasLast ? nil : try budget?.rest(behind: chosen.removed, of: state.model)
  }

  /// The rounds that are left at most; the next one counts.
  var roundsLeft: Int {
    guard let budget else { return 0 }
    guard let rescoring = step.rescoring else { return 1 }
    let count = (try? budget.anySelection())?.removed.count ?? 0
    return max(1, count / rescoring + (count.isMultiple(of: rescoring) ? 0 : 1))
  }

  /// The model behind the last round.
  var finished: ModelState {
    var state = state
    let names = step.units.map { type(of: $0).name }.joined(separator: " and ")
    state.history.append("- \(removedCount) \(names) by \(type(of: step.criterion).name)")
    return state
  }
}
