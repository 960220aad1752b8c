extension SearchSpace {
  /// Brings what goes to what has to go, by as few units as possible: the units with the lowest values
  /// go, those with the highest come back.
  ///
  /// What meets the amount stays as it is. Several kinds that share parameters each give a part of what
  /// is missing in proportion to what they have, and the smallest units the rest. Blocks and sub-layers
  /// stay as they are where heads or channels can give all that is missing.
  ///
  /// - Parameters:
  ///   - kept: True = keep, for each unit.
  ///   - values: A value for each unit: the higher, the longer it stays.
  ///   - limits: How many units may stay of each element of `blocks`; nil for as few as have to.
  /// - Returns: True = keep, for each unit; nil where the amount cannot be met.
  public func fitted(
    _ kept: [Bool],
    by values: [Double],
    within limits: [ClosedRange<Int>]? = nil
  ) -> [Bool]? {
    var fitting = SearchFitting(self, kept, values, limits ?? blocks.map { $0.minimum...$0.count })
    switch goal {
    case .units(let wanted):
      for kind in granularities {
        let gone = zip(blocks, ranges).filter { $0.0.granularity == kind }
          .reduce(0) { $0 + fitting.kept[$1.1].count { !$0 } }
        fitting.move(kind, units: (wanted[kind] ?? 0) - gone)
      }
    case .size(let range):
      fitting.move(to: range)
    }
    return fault(fitting.kept) == nil ? fitting.kept : nil
  }
}

/// Units on their way out of a model, or back, until an amount is met.
private struct SearchFitting {
  private let space: SearchSpace
  private(set) var kept: [Bool]
  private let values: [Double]
  private let limits: [ClosedRange<Int>]
  private var counts: [Int]

  init(_ space: SearchSpace, _ kept: [Bool], _ values: [Double], _ limits: [ClosedRange<Int>]) {
    self.space = space
    self.kept = kept
    self.values = values
    self.limits = limits
    counts = space.blocks.indices.map { space.keptCount($0, kept) }
  }

  /// Removes so many units of a kind more, or brings as many back where the number is negative.
  mutating func move(_ kind: UnitGranularity, units: Int) {
    guard units != 0 else { return }
    var left = abs(units)
    walk(kind, removing: units > 0) { _ in
      left -= 1
      return left > 0
    }
  }

  /// Moves units until what is gone of the size lies in a range.
  mutating func move(to range: ClosedRange<Int>) {
    let target = range.lowerBound + (range.upperBound - range.lowerBound) / 2
    guard !range.contains(space.sizeGone(kept)) else { return }
    let kinds = space.granularities
    let widths = kinds.filter(\.isWidth)
    if !widths.isEmpty { moveDepth(until: widths, canReach: target) }
    var gone = space.sizeGone(kept)
    let movable = widths.isEmpty ? kinds : widths
    let lightestLast = movable.sorted { cost($0) > cost($1) }
    let whole = target - gone
    let rooms = lightestLast.map { room($0, removing: whole > 0) }
    let all = max(1, rooms.reduce(0, +))
    for (kind, room) in zip(lightestLast, rooms) {
      gone += take(kind, Int(Double(whole) * (Double(room) / Double(all))), beyond: false)
    }
    // What is left is less than a unit of each, or more than some kinds have.
    for kind in lightestLast + lightestLast.reversed() where !range.contains(gone) {
      gone += take(kind, target - gone, beyond: cost(kind) == lightestLast.last.map(cost))
    }
  }

  /// Removes blocks and sub-layers, or brings them back, as long as heads and channels alone cannot make
  /// up what is missing.
  private mutating func moveDepth(until widths: [UnitGranularity], canReach target: Int) {
    let depths = space.granularities.filter { !widths.contains($0) }
    let removing = space.sizeGone(kept) < target
    func isOutOfReach() -> Bool {
      let room = widths.reduce(0) { $0 + self.room($1, removing: removing) }
      return abs(target - space.sizeGone(kept)) > room
        && removing == (space.sizeGone(kept) < target)
    }
    while isOutOfReach() {
      let entries = depths.flatMap { movable($0, removing: removing) }
      guard let next = entries.min(by: <) else { return }
      kept[abs(next.rank)] = !removing
      counts[next.index] += removing ? -1 : 1
    }
  }

  /// Moves units of a kind that make up some of the size, which goes if the number is positive.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - size: How much is to go, or to come back where the number is negative.
  ///   - beyond: Whether the last unit may be more than what is left, as far as that is nearer.
  /// - Returns: How much went.
  private mutating func take(_ kind: UnitGranularity, _ size: Int, beyond: Bool) -> Int {
    guard size != 0 else { return 0 }
    var (left, moved) = (abs(size), 0)
    let least = cost(kind)
    guard beyond ? least / 2 <= left : least <= left else { return 0 }
    let costs = space.costs
    func fits(_ cost: Int) -> Bool { beyond ? cost <= 2 * left : cost <= left }
    walk(kind, removing: size > 0, where: { fits(costs[$0]) }) { index in
      moved += costs[index]
      left -= costs[index]
      return fits(least)
    }
    return size > 0 ? moved : -moved
  }

  /// Moves units of a kind, in order, for as long as `goesOn` says so.
  private mutating func walk(
    _ kind: UnitGranularity,
    removing: Bool,
    where mayMove: (Int) -> Bool = { _ in true },
    goesOn: (Int) -> Bool
  ) {
    var order = UnitQueue(movable(kind, removing: removing))
    while let (index, unit) = order.next() {
      let count = counts[index] + (removing ? -1 : 1)
      guard mayMove(index), isWithin(count, index, removing: removing) else { continue }
      kept[unit] = !removing
      counts[index] = count
      if !goesOn(index) { return }
    }
  }

  private func isWithin(_ count: Int, _ index: Int, removing: Bool) -> Bool {
    removing ? count >= limits[index].lowerBound : count <= limits[index].upperBound
  }

  /// The units of a kind that may go: lowest value first, and where values are equal, in their order; or
  /// those that may come back, the other way round.
  private func movable(_ kind: UnitGranularity, removing: Bool) -> [UnitQueue.Entry] {
    var entries: [UnitQueue.Entry] = []
    for (index, units) in space.blocks.enumerated() where units.granularity == kind {
      guard isWithin(counts[index] + (removing ? -1 : 1), index, removing: removing),
        !space.isCovered(index, kept)
      else { continue }
      for unit in space.ranges[index] where kept[unit] == removing {
        entries.append(
          removing
            ? UnitQueue.Entry(key: values[unit], rank: unit, index: index)
            : UnitQueue.Entry(key: -values[unit], rank: -unit, index: index)
        )
      }
    }
    return entries
  }

  /// The size of the smallest unit of a kind.
  private func cost(_ kind: UnitGranularity) -> Int {
    zip(space.blocks, space.costs).filter { $0.0.granularity == kind }.map(\.1).min() ?? 0
  }

  /// The size that a kind has to move.
  private func room(_ kind: UnitGranularity, removing: Bool) -> Int {
    space.blocks.indices.filter {
      space.blocks[$0].granularity == kind && !space.isCovered($0, kept)
    }
    .reduce(0) { sum, index in
      let room =
        removing
        ? counts[index] - limits[index].lowerBound : limits[index].upperBound - counts[index]
      return sum + max(0, room) * space.costs[index]
    }
  }
}

/// Units in order, of hundreds of thousands mostly the first few thousand: a binary heap.
private struct UnitQueue {
  struct Entry {
    let key: Double
    /// What is compared where keys are equal: a unit, or less one.
    let rank: Int
    /// The index of the unit's block.
    let index: Int

    static func < (one: Entry, other: Entry) -> Bool {
      (one.key, one.rank) < (other.key, other.rank)
    }
  }

  private var heap: [Entry]

  init(_ entries: [Entry]) {
    heap = entries
    for place in (0..<heap.count / 2).reversed() { sink(place) }
  }

  /// The next unit, with the index of its block; nil after the last.
  mutating func next() -> (index: Int, unit: Int)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    return (first.index, abs(first.rank))
  }

  private mutating func sink(_ start: Int) {
    let entry = heap[start]
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < entry else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = entry
  }
}
