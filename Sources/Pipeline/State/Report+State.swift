import BillhookCore

extension Report.Scored {
  /// What was scored, as a report has it.
  init(
    _ scores: Scores,
    in branches: [Branch],
    of unit: String,
    file: String,
    isAskedFor: Bool
  ) {
    let isListed = scores.values.count <= Self.mostListed
    self.init(
      branches: branches,
      unit: unit,
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
  init(
    criterion: String?,
    amount: String,
    keep: String,
    from before: ModelState,
    to after: ModelState,
    in branches: [Branch]
  ) {
    let earlier = before.removed
    let removed = after.removed.mapValues { $0.sorted() }
    self.init(
      branches: branches,
      criterion: criterion,
      amount: amount,
      keep: keep,
      removed: Dictionary(
        uniqueKeysWithValues: removed.compactMap { kind, numbers in
          let new = numbers.filter { earlier[kind]?.contains($0) != true }
          return new.isEmpty ? nil : (kind, new)
        }
      ),
      parameters: after.model.parameterCount
    )
  }
}
