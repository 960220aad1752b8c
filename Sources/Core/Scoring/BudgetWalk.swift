/// Goes through the moves of an allocation until the goal of a budget is met.
///
/// It stops nearest to the goal, halves up. What a move takes of each kind of units is considered
/// separately: where shares do not depend on scores, a kind whose next units would be too many is
/// left, and the others make up what is left of the goal. A step that may not be taken is left out,
/// and the others of its move are taken.
///
/// Where the size left is a bound, it stops when the goal is reached or passed; of several kinds that lose
/// shares, what was left because it was too much is taken where the others do not suffice.
struct BudgetWalk {
  /// The units that go, in order.
  private(set) var removed: [PrunableUnit] = []
  /// What is still missing after every move was taken; nil where the goal is met.
  private(set) var lacking: Budget.Lacking?

  private let budget: Budget
  private let rankings: [Ranking]
  private var taken: [Int]
  private var ends: [Int] = []
  /// The parameters of the smallest move that would have been too much.
  private var next: Int?
  /// The kinds of units of which no more go.
  private var finished: Set<UnitGranularity> = []
  private var counts: [UnitGranularity: Int] = [:]
  /// How much of the size is gone.
  private var size = 0
  /// What was left because it was too much of a bound.
  private var left: [(part: [Int], cost: Int)] = []

  /// Takes moves until the goal is met.
  ///
  /// - Parameters:
  ///   - budget: What has to go.
  ///   - moves: The moves of its allocation.
  ///   - rankings: The units of each block and kind.
  ///   - mayTake: Whether a step with this score may be taken.
  init(
    _ budget: Budget,
    _ moves: [[Int]],
    _ rankings: [Ranking],
    mayTake: (Double) -> Bool
  ) {
    self.budget = budget
    self.rankings = rankings
    taken = [Int](repeating: 0, count: rankings.count)
    for move in moves {
      for unit in budget.units where !finished.contains(unit.granularity) {
        let part = move.filter { index in
          rankings[index].units.granularity == unit.granularity
            && taken[index] < rankings[index].stepCount
            && mayTake(rankings[index].score(ofStep: taken[index]))
        }
        if !part.isEmpty { consider(part, unit.granularity) }
      }
      if finished.count == budget.units.count { break }
    }
    if case .size(let wanted) = budget.goal, Double(size) < wanted,
      let least = left.min(by: { $0.cost < $1.cost })
    {
      take(least.part, cost: least.cost)
      next = nil
    }
    lacking = whatIsLacking
  }

  /// The units that go, as a selection.
  var selection: Selection { Selection(removed: removed, ends: ends, next: next) }

  /// Takes the steps of one kind in a move, unless they are too much.
  private mutating func consider(_ part: [Int], _ granularity: UnitGranularity) {
    let units = part.reduce(0) { $0 + rankings[$1].step(taken[$1]).count }
    let cost = part.reduce(0) { sum, index in
      sum + rankings[index].step(taken[index]).count * budget.cost(rankings[index].units)
    }
    guard fits(units, cost, granularity) else {
      let parameters = part.reduce(0) { sum, index in
        sum + rankings[index].step(taken[index]).count * rankings[index].units.parameterCount
      }
      next = min(next ?? parameters, parameters)
      if case .size(let wanted) = budget.goal, !budget.isProportional || Double(size) >= wanted {
        finished = Set(budget.units.map(\.granularity))
      } else {
        finished.insert(granularity)
        if budget.measure.isBound { left.append((part, cost)) }
      }
      return
    }
    counts[granularity, default: 0] += units
    take(part, cost: cost)
  }

  private mutating func take(_ part: [Int], cost: Int) {
    size += cost
    for index in part {
      removed += rankings[index].step(taken[index]).map(rankings[index].units.unit)
      taken[index] += 1
    }
    ends.append(removed.count)
  }

  private func fits(_ units: Int, _ cost: Int, _ granularity: UnitGranularity) -> Bool {
    switch budget.goal {
    case .counts(let wanted):
      Double(counts[granularity] ?? 0) + Double(units) / 2 <= Double(wanted[granularity] ?? 0)
    case .size(let wanted) where budget.measure.isBound:
      // Of several kinds, each a share, one of smaller units may come nearer.
      Double(size) < wanted
        && (budget.units.count == 1 || !budget.isProportional
          || Double(size) + Double(cost) / 2 <= wanted)
    case .size(let wanted): Double(size) + Double(cost) / 2 <= wanted
    case .exactly: false
    }
  }

  private var whatIsLacking: Budget.Lacking? {
    switch budget.goal {
    case .counts(let wanted):
      for unit in budget.units where !finished.contains(unit.granularity) {
        let (asked, free) = (wanted[unit.granularity] ?? 0, counts[unit.granularity] ?? 0)
        if free < asked { return .units(unit.granularity, asked: asked, free: free) }
      }
      return nil
    case .size(let wanted):
      guard finished.isEmpty, Double(size) < wanted else { return nil }
      return .size(asked: wanted, free: size)
    case .exactly: return nil
    }
  }
}
