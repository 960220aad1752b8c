package import BillhookCore
/// How a model gets smaller over several removals, as far as that is known before any scoring.
///
/// A scoring decides which units go, not how many. So after the first scored removal, sizes are
/// known, and only what no choice could satisfy is an error.
package struct PruningCourse {
  private let opened: LanguageModel
  /// The model as it would be if the scores fell in the order of the numbers.
  package private(set) var model: LanguageModel
  /// Whether the model's size is known, whatever the scores are.
  private(set) var isSizeKnown = true
  /// Whether it is known which units are left.
  package private(set) var isKnown = true
  /// Whether it is known how much is left of which block.
  private var isShapeKnown = true
  /// Whether it is known how much is left of each block, if not of which.
  private var isEven = true

  package init(_ opened: LanguageModel) {
    self.opened = opened
    model = opened
  }

  /// What is known of a removal.
  package struct Removal {
    let budget: Budget
    let prospect: Budget.Prospect
    /// What may not be expected of it.
    package let remarks: [String]
  }

  /// Goes on after a removal.
  ///
  /// - Returns: What the removal means; nil when that depends on earlier scores.
  /// - Throws: `BudgetError` when no scores could make the removal possible.
  package mutating func follow(_ step: PruneStep) throws(BudgetError) -> Removal? {
    do throws(BudgetError) {
      let budget = try step.budget(for: model, opened: opened)
      let selection = try budget.anySelection()
      let prospect = try budget.prospect(isTogether: step.isTogether)
      let remarks = try budget.remarks(on: selection)
      do throws(ModelError) {
        model = try model.removing(selection.gates(step.units, of: model))
      } catch {
        throw BudgetError("`\(step.amount)`: \(error)", isAboutSize: true)
      }
      note(step, selection, of: budget, prospect)
      model = step.withBiases(of: model)
      return Removal(budget: budget, prospect: prospect, remarks: remarks)
    } catch {
      guard !isKnown, !error.isAboutSize else { throw error }
      // Another choice before may leave what is asked for here; the opened model is the most.
      _ = try step.budget(for: opened, opened: opened).anySelection()
      (isSizeKnown, isShapeKnown, isEven) = (false, false, false)
      return nil
    }
  }

  /// Goes on with a model that is known, from what earlier runs found.
  mutating func goOn(with known: LanguageModel) {
    model = known
    (isKnown, isSizeKnown, isShapeKnown, isEven) = (true, true, true, true)
  }

  private mutating func note(
    _ step: PruneStep,
    _ selection: Selection,
    of budget: Budget,
    _ prospect: Budget.Prospect
  ) {
    let isForced = selection.removed.count == budget.removableCount
    var isNamed = false
    if case .exactly = step.amount { isNamed = true }
    isKnown = isKnown && (isNamed || isForced)
    if case .exact = prospect {} else { isSizeKnown = false }
    let hasShares =
      isNamed || isForced || (budget.isProportional && !budget.hasUnknownShares)
    isShapeKnown = isShapeKnown && hasShares
    isEven = isEven && (hasShares || step.units.allSatisfy { $0.granularity == .block })
  }

  /// The shape of the model, as far as it is known.
  ///
  /// Where scores decide which blocks are left and all are alike, the numbers of blocks are left out.
  var shape: ModelShapeSummary? {
    let shape = ModelShapeSummary(model)
    guard !isShapeKnown else { return shape }
    return isEven && isSizeKnown && shape.isUniform ? shape.withoutNumbers : nil
  }
}
