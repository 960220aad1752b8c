/// The units of one kind in one block, in the order in which they would go.
public struct Ranking: Sendable {
  /// The units.
  public let units: BlockUnits
  /// The score of each unit, in their order.
  public let values: [Double]
  /// The number of units of the block that went in earlier rounds of the same removal.
  public let goneBefore: Int
  /// The indices of the units, in the order in which they go.
  let order: [Int]

  /// Ranks units; where scores are equal, in order of their numbers.
  ///
  /// Sets that lose equally many take turns: the least important of each, then the next of each.
  package init(
    _ units: BlockUnits,
    _ values: some Collection<Double>,
    goneBefore: Int = 0
  ) {
    let values = Array(values)
    self.units = units
    self.values = values
    self.goneBefore = goneBefore
    let size = max(1, units.count / units.sets)
    let sets = stride(from: 0, to: units.count, by: size).map { start in
      (start..<min(start + size, units.count)).sorted { (values[$0], $0) < (values[$1], $1) }
    }
    order =
      sets.count == 1
      ? sets[0] : (0..<size).flatMap { rank in sets.compactMap { $0.dropFirst(rank).first } }
  }

  /// The number of steps that can be taken.
  public var stepCount: Int { units.stepCount }

  /// The indices of the units that go with a step.
  package func step(_ number: Int) -> ArraySlice<Int> {
    order[units.gone(after: number)..<units.gone(after: number + 1)]
  }

  /// The mean score of the units that go with a step; from step to step it never falls.
  public func score(ofStep number: Int) -> Double {
    let step = step(number)
    return step.reduce(0) { $0 + values[$1] } / Double(step.count)
  }
}
