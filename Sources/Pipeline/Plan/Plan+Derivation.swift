import BillhookCore

extension Plan {
  /// What a step does to the model, with everything that a recipe says about it; nil for a step
  /// that leaves the model as it is.
  ///
  /// Two models with the same steps behind them are meant to be the same, whatever else the recipes
  /// say that they come from.
  package func derivation(of step: Step) -> String? {
    switch step {
    case .prune(let step):
      let units = step.units.map(\.signature).joined(separator: " and ")
      let repairs = step.repairs.map {
        ", repair \($0.repair.signature) \(described($0.data))"
      }
      let scoring = step.criterion.map {
        ["by \($0.signature)", step.data.map(described) ?? "no data"]
      }
      let parts =
        ["prune \(units)"] + (scoring ?? []) + [
          "\(step.amount)", "\(step.keep)", "allocate \(step.allocation.signature)",
          step.rescoring.map { "rescore every \($0)" } ?? "",
        ]
      return parts.joined(separator: ", ") + repairs.joined()
    case .recover(let step):
      return "recover \(step.recovery.resultSignature), \(described(step.data))"
    case .score, .evaluate, .save, .branch: return nil
    }
  }

  private func described(_ key: String) -> String {
    guard let step = data[key] else { return key }
    return "on \(step.source.signature) { \(step.windows.signature) }"
  }
}
