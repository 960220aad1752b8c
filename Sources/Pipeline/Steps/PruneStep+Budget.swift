import BillhookCore

extension PruneStep {
  /// What the step's amount means for a model.
  func budget(for model: LanguageModel, opened: LanguageModel) throws(BudgetError) -> Budget {
    try Budget(
      amount,
      keep: keep,
      allocation: allocation,
      units: units,
      model: model,
      opened: opened
    )
  }
}
