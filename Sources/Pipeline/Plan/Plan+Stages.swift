import BillhookCore

extension Plan {
  /// What the recipe calls some data.
  func name(ofData key: String) -> String { data[key]?.name ?? key }

  /// What a measurement is called in progress and journal.
  func stage(of step: EvaluateStep) -> String {
    "evaluate \(step.evaluation.signature)" + (step.data.map { " on \(name(ofData: $0))" } ?? "")
  }

  /// What a save is called in progress and journal.
  func stage(of step: SaveStep) -> String { "save \(step.path)" }

  /// The number of steps, those in branches counted, branches themselves not.
  var stepCount: Int { steps.count { $0.count } }
}

extension [Step] {
  /// The sum over the steps.
  fileprivate func count(_ number: (Step) -> Int) -> Int { reduce(0) { $0 + number($1) } }
}

extension Step {
  /// One; for a branch, the number of steps in it.
  var count: Int {
    guard case .branch(let branch) = self else { return 1 }
    return branch.steps.count { $0.count }
  }
}

extension ScoreStep {
  /// What gathering the evidence is called in progress and journal.
  var evidenceStage: String { "evidence for \(criterion.signature)" }
}

extension RepairStep {
  /// What the repair is called in progress and journal.
  var stage: String { "repair \(repair.signature)" }
}

extension RecoverStep {
  /// What the training is called in progress and journal.
  var stage: String { "recover \(recovery.shortSignature)" }
}
