import BillhookCore

extension PruneStep {
  /// What the step's amount means for a model.
  ///
  /// - Parameters:
  ///   - model: The model as it stands.
  ///   - opened: The model as it was opened.
  ///   - shares: The shares of its blocks, where they had to be measured and were.
  /// - Returns: Which units may go, and how many of them have to.
  /// - Throws: `BudgetError` when the model cannot give what is asked for.
  func budget(
    for model: LanguageModel,
    opened: LanguageModel,
    shares: [Double]? = nil
  ) throws(BudgetError) -> Budget {
    try Budget(
      amount,
      keep: keep,
      allocation: allocation,
      shares: shares,
      units: units,
      model: model,
      opened: opened,
      prepared: repairs.isEmpty ? nil : withBiases(of: model)
    )
  }
}
