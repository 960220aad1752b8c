import BillhookCore

extension Report.Scored {
  /// What was scored, as a report has it.
  init(
    _ scores: Scores,
    in branches: [Branch],
    of unit: String,
    layout: [Int],
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
      layout: layout,
      means: scores.meansOfBlocks(layout.count),
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
    layouts: [String: [Int]] = [:],
    after scored: Int,
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
      layouts: layouts,
      parameters: after.model.parameterCount,
      scored: scored
    )
  }
}

extension Scores {
  /// The mean of the finite scores of each block's units.
  ///
  /// - Parameter count: The number of blocks of the model as it was opened.
  /// - Returns: A mean for each block; nil where it has none.
  fileprivate func meansOfBlocks(_ count: Int) -> [Double?] {
    var sums = [Double](repeating: 0, count: count)
    var counts = [Int](repeating: 0, count: count)
    var place = 0
    for units in blocks {
      for value in values[place..<place + units.count]
      where value.isFinite && sums.indices.contains(units.block) {
        sums[units.block] += value
        counts[units.block] += 1
      }
      place += units.count
    }
    return zip(sums, counts).map { $1 == 0 ? nil : $0 / Double($1) }
  }
}

extension PruningUnit {
  /// The number of units of this kind in each block of the model as it was opened.
  func layout(of opened: LanguageModel) -> [Int] {
    var counts = [Int](repeating: 0, count: opened.blocks.count)
    for units in units(of: opened) where counts.indices.contains(units.block) {
      counts[units.block] += units.count
    }
    return counts
  }
}
