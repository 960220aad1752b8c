import BillhookModels

/// How a model gets smaller over several removals, as far as that is known before any scoring.
///
/// A scoring decides which units go, not how many. So behind the first scored removal, sizes are
/// known, and only what no choice could satisfy is an error.
struct PruningCourse {
  private let opened: LanguageModel
  /// The model as it would be if the scores fell in the order of the numbers.
  private(set) var model: LanguageModel
  /// Whether it is the model, whatever the scores are.
  private(set) var isKnown = true

  init(_ opened: LanguageModel) {
    self.opened = opened
    model = opened
  }

  /// Goes on behind a removal.
  ///
  /// - Returns: What the removal means; nil when that depends on earlier scores.
  /// - Throws: `BudgetError` when no scores could make the removal possible.
  mutating func follow(_ step: PruneStep) throws(BudgetError) -> Budget? {
    do throws(BudgetError) {
      let budget = try step.budget(for: model, opened: opened)
      let selection = try budget.anySelection()
      let isForced = selection.removed.count == budget.removableCount
      if case .exactly = step.amount {} else { isKnown = isKnown && isForced }
      do throws(ModelError) {
        model = try model.removing(selection.gates(step.units, of: model))
      } catch {
        throw BudgetError("`\(step.amount)`: \(error)", isAboutSize: true)
      }
      model = step.withBiases(of: model)
      return budget
    } catch {
      guard !isKnown, !error.isAboutSize else { throw error }
      // Another choice before may leave what is asked for here; the opened model is the most.
      _ = try step.budget(for: opened, opened: opened).anySelection()
      return nil
    }
  }
}
