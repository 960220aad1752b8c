package import BillhookCore

extension PruningCourse {
  /// Goes on after a removal.
  ///
  /// - Parameters:
  ///   - step: The removal.
  ///   - shares: The shares of blocks, where they had to be measured and were.
  /// - Returns: What the removal means; nil when that depends on earlier scores.
  /// - Throws: `BudgetError` when no scores could make the removal possible.
  package mutating func follow(
    _ step: PruneStep,
    shares: [Double]? = nil
  ) throws(BudgetError) -> Removal? {
    do throws(BudgetError) {
      let budget = try step.budget(for: model, opened: opened, shares: shares)
      if let search = step.search { return try follow(search, step, budget) }
      let selection = try budget.anySelection()
      let isCountFixed = step.criterion?.choosesNeighbours ?? false
      let prospect = try budget.prospect(isCountFixed: isCountFixed)
      let remarks = try budget.remarks(on: selection)
      do throws(FileError) {
        model = try model.removing(selection.gates(step.units, of: model))
      } catch {
        throw BudgetError("`\(step.amount)`: \(error)", isAboutSize: true)
      }
      note(step, selection, of: budget, prospect)
      model = step.withBiases(of: model)
      return Removal(budget: budget, prospect: prospect, remarks: remarks)
    } catch {
      guard !isKnown, !error.isAboutSize else { throw error }
      // Another choice in an earlier step may leave what is asked for here; the opened model has
      // the most.
      let most = try step.budget(for: opened, opened: opened)
      if let search = step.search {
        _ = try search.space(most, of: opened)
      } else {
        _ = try most.anySelection()
      }
      (isSizeKnown, isShapeKnown, isEven) = (false, false, false)
      noteBlocks(areKnown: !step.units.contains { $0.granularity == .block })
      leaveOpen(step.units, keeping: step.keep)
      return nil
    }
  }

  /// Goes on after a search, of which only the amount is known.
  private mutating func follow(
    _ search: SearchStep,
    _ step: PruneStep,
    _ budget: Budget
  ) throws(BudgetError) -> Removal {
    let space = try search.space(budget, of: model)
    let (selection, prospect) = try space.prospect(of: step.amount)
    do throws(FileError) {
      model = try model.removing(selection.gates(step.units, of: model))
    } catch {
      throw BudgetError("`\(step.amount)`: \(error)", isAboutSize: true)
    }
    note(step, selection, of: budget, prospect)
    isShapeKnown = false
    leaveOpen(step.units, keeping: step.keep)
    isEven = isEven && step.units.allSatisfy { $0.granularity == .block }
    model = step.withBiases(of: model)
    return Removal(budget: budget, prospect: prospect, remarks: [])
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
    let takesBlocks = step.units.contains { $0.granularity == .block }
    noteBlocks(areKnown: isNamed || isForced || !takesBlocks)
    if case .exact = prospect {} else { isSizeKnown = false }
    let hasShares =
      isNamed || isForced || (budget.isProportional && !budget.hasUnknownShares)
    isShapeKnown = isShapeKnown && hasShares
    if !hasShares { leaveOpen(step.units, keeping: step.keep) }
    isEven = isEven && (hasShares || step.units.allSatisfy { $0.granularity == .block })
  }
}
