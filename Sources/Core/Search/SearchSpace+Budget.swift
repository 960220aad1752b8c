package import BillhookModels

extension SearchSpace {
  /// The units that may go by a budget, and how much of them has to.
  ///
  /// Parameters are met to within half of the largest head or channel, or half a block where there are
  /// only such; of memory, less than one such unit more goes, and where all units are alike, so many of
  /// them; units are met exactly.
  ///
  /// - Throws: `BudgetError` where units have to go together, or nothing has to go.
  package init(_ budget: Budget, of model: LanguageModel) throws(BudgetError) {
    if let units = budget.blocks.first(where: { $0.sets > 1 || $0.multiple > 1 }) {
      throw BudgetError(
        "a search tries units one by one, but `\(units.kind)` "
          + (units.sets > 1 ? "have to go together" : "are left in multiples of \(units.multiple)")
      )
    }
    switch budget.goal {
    case .counts(let counts):
      for unit in budget.units where counts[unit.granularity] ?? 0 == 0 {
        if case .downToUnits = budget.amount { continue }
        throw BudgetError("`\(budget.amount)` comes to nothing of \(type(of: unit).name)")
      }
      self.init(budget.blocks, goal: .units(counts), of: model)
    case .size(let wanted):
      self.init(
        budget.blocks,
        goal: Self.goal(of: wanted, budget),
        blockCount: model.blocks.count,
        size: try budget.measure.checkedSize(of: model),
        costs: budget.blocks.map(budget.cost),
        noun: budget.measure.noun
      )
    case .exactly:
      throw BudgetError("`\(budget.amount)` names the units, so nothing is left to search")
    }
    guard fault(all) == nil else { return }
    throw BudgetError("`\(budget.amount)` comes to nothing")
  }

  /// The range in which so much of the size is met; for a bound, where all units are alike, a number of
  /// them.
  private static func goal(of wanted: Double, _ budget: Budget) -> Goal {
    let kinds = Set(budget.blocks.map(\.granularity))
    let costs = Set(budget.blocks.map(budget.cost))
    if budget.measure.isBound, kinds.count == 1, costs.count == 1, let kind = kinds.first,
      let cost = costs.first, cost > 0
    {
      return .units([kind: Int((wanted / Double(cost)).rounded(.up))])
    }
    let fine = kinds.contains(where: \.isWidth) ? kinds.filter(\.isWidth) : kinds
    let largest = budget.blocks.filter { fine.contains($0.granularity) }.map(budget.cost).max()
    let unit = Double(largest ?? 0)
    let (below, above) = budget.measure.isBound ? (0, max(0, unit - 1)) : (unit / 2, unit / 2)
    let low = Int((wanted - below).rounded(.up))
    return .size(low...max(low, Int((wanted + above).rounded(.down))))
  }

  /// What goes by scores alone, brought to the amount: what the step would remove without a search, as
  /// far as that is exactly what is asked for.
  ///
  /// Where units inside of blocks or sub-layers go as well as those, all of them stay, and the same share of
  /// each block's inner units goes: the start of Shen et al., 2024, arXiv 2409.17372, section 3.2.
  ///
  /// - Parameters:
  ///   - budget: The budget that the space is made of.
  ///   - values: The score of each unit.
  ///   - scores: The scores, kind by kind.
  /// - Returns: True = keep, for each unit; nil where the amount cannot be met.
  package func start(_ budget: Budget, by values: [Double], _ scores: [Scores]) -> [Bool]? {
    var kept = all
    if granularities.contains(where: { kind in covers(kind) }) {
      kept = withoutLowestOfEachBlock(by: values)
    } else if let chosen = try? budget.selection(from: scores) {
      let numbers = Dictionary(grouping: chosen.removed, by: \.granularity)
        .mapValues { Set($0.map(\.number)) }
      for (units, range) in zip(blocks, ranges) {
        guard let gone = numbers[units.granularity] else { continue }
        for (unit, place) in zip(range, units.places) where gone.contains(units.start + place) {
          kept[unit] = false
        }
      }
    }
    return fitted(kept, by: values)
  }

  /// Everything but the same share of the heads and channels of each block, rounded down, the lowest first.
  ///
  /// What heads are too large for goes of the channels.
  private func withoutLowestOfEachBlock(by values: [Double]) -> [Bool] {
    var kept = all
    var kinds = granularities.filter(\.isWidth).sorted { largestCost(of: $0) > largestCost(of: $1) }
    while !kinds.isEmpty {
      let share = share(of: kinds, besides: sizeGone(kept))
      let kind = kinds.removeFirst()
      for (index, units) in blocks.enumerated() where units.granularity == kind {
        let count = min(Int(share * Double(units.count)), units.count - units.minimum)
        let order = ranges[index].sorted { (values[$0], $0) < (values[$1], $1) }
        for unit in order.prefix(max(0, count)) { kept[unit] = false }
      }
    }
    return kept
  }

  private func largestCost(of kind: UnitGranularity) -> Int {
    zip(blocks, costs).filter { $0.0.granularity == kind }.map(\.1).max() ?? 0
  }

  /// The share of the first of some kinds of heads or channels that has to go where nothing larger does.
  private func share(of kinds: [UnitGranularity], besides gone: Int) -> Double {
    switch goal {
    case .units(let counts):
      let all = blocks.filter { $0.granularity == kinds[0] }.reduce(0) { $0 + $1.count }
      return Double(counts[kinds[0]] ?? 0) / Double(max(1, all))
    case .size(let range):
      let all = zip(blocks, costs).filter { kinds.contains($0.0.granularity) }
        .reduce(0) { $0 + $1.0.count * $1.1 }
      return Double(max(0, range.lowerBound - gone)) / Double(max(1, all))
    }
  }

  /// A selection of the right size, and how much goes whatever is found.
  ///
  /// - Throws: `BudgetError` where the amount cannot be met without regard to scores.
  package func prospect(of amount: Amount) throws(BudgetError) -> (Selection, Budget.Prospect) {
    guard let kept = fitted(all, by: evenly) else {
      throw BudgetError("`\(amount)`: no choice of units meets it")
    }
    let selection = selection(kept)
    switch goal {
    case .units:
      let isExact = granularities.allSatisfy { kind in
        Set(blocks.filter { $0.granularity == kind }.map(\.parameterCount)).count < 2
      }
      guard !isExact else { return (selection, .exact(selection)) }
      let count = selection.removed.count
      let costs = blocks.flatMap { Array(repeating: $0.parameterCount, count: $0.count) }.sorted()
      let least = costs.prefix(count).reduce(0, +)
      let most = costs.suffix(count).reduce(0, +)
      return (selection, .between(units: count...count, parameters: least...most))
    case .size(let range):
      let sizes = zip(blocks, costs).flatMap { Array(repeating: $1, count: $0.count) }.sorted()
      let fewest = Self.count(of: sizes.reversed(), upTo: range.lowerBound, isReached: true)
      let most = Self.count(of: sizes, upTo: range.upperBound, isReached: false)
      let units = fewest...max(fewest, most)
      guard amount.measure?.isBound == true else {
        return (selection, .between(units: units, parameters: range))
      }
      let parameters = blocks.flatMap { Array(repeating: $0.parameterCount, count: $0.count) }
        .sorted()
      let least = parameters.prefix(units.lowerBound).reduce(0, +)
      let all = parameters.suffix(units.upperBound).reduce(0, +)
      return (selection, .between(units: units, parameters: least...max(least, all)))
    }
  }

  /// How many units make up some of the size, in their order.
  private static func count(of costs: [Int], upTo size: Int, isReached: Bool) -> Int {
    var sum = 0
    for (count, cost) in costs.enumerated() {
      if isReached ? sum >= size : sum + cost > size { return count }
      sum += cost
    }
    return costs.count
  }

  /// Whether units of a kind have others inside of them.
  private func covers(_ kind: UnitGranularity) -> Bool {
    covers.joined().contains { blocks[$0].granularity == kind }
  }

  /// Whether something is left of each sub-layer that stays, and of the model.
  func canBeCut(_ kept: [Bool]) -> Bool {
    blocksGone(kept) < blockCount
      && blocks.indices.allSatisfy { index in
        !blocks[index].granularity.isWidth || isCovered(index, kept) || keptCount(index, kept) > 0
      }
  }

  /// The score of each unit, in their order; nil where some have none.
  package func values(_ scores: [Scores]) -> [Double]? {
    var values: [Double] = []
    for units in blocks {
      guard let found = scores.lazy.compactMap({ $0.values(of: units) }).first else { return nil }
      values += found
    }
    return values
  }

  /// The units that go, as a selection.
  package func selection(_ kept: [Bool]) -> Selection {
    let gone = gone(kept)
    return Selection(removed: gone, ends: Array(1..<gone.count + 1))
  }

  /// Gates that close what goes, in addition to what the model's own close.
  package func gates(_ kept: [Bool], _ units: [any PruningUnit], of model: LanguageModel) -> Gates {
    let gone = Dictionary(grouping: gone(kept), by: \.granularity)
    return units.reduce(model.gates) { gates, unit in
      unit.closing(gone[unit.granularity] ?? [], in: gates, of: model)
    }
  }
}
