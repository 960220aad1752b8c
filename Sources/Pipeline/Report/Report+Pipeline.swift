import BillhookCore

extension Report.Scored {
  /// What was scored, as a report has it.
  init(
    _ scores: Scores,
    in branches: [Branch],
    of step: ScoreStep,
    file: String,
    isAskedFor: Bool
  ) {
    let isListed = scores.values.count <= Self.mostListed
    self.init(
      branches: branches,
      unit: type(of: step.unit).name,
      criterion: scores.criterion,
      scale: scores.scale,
      units: isListed ? scores.units.map(\.number) : [],
      values: isListed ? scores.values : [],
      count: scores.values.count,
      whole: scores.whole,
      spans: isListed ? scores.spans : nil,
      file: file,
      isAskedFor: isAskedFor
    )
  }
}

extension Report.Removal {
  /// What a removal took away.
  init(_ step: PruneStep, from before: ModelState, to after: ModelState, in branches: [Branch]) {
    var removed: [String: [Int]] = [:]
    for (kind, numbers) in after.removed {
      let new = numbers.subtracting(before.removed[kind] ?? [])
      if !new.isEmpty { removed[kind] = new.sorted() }
    }
    self.init(
      branches: branches,
      criterion: step.criterion?.signature,
      amount: "\(step.amount)",
      keep: "\(step.keep)",
      removed: removed,
      parameters: after.model.parameterCount
    )
  }
}
