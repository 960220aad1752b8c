public import BillhookModels
import BillhookRecipe

/// What an amount means for a model: which units may go, and how many of them have to.
public struct Budget: Sendable {
  /// The amount as it was asked for.
  public let amount: Amount
  /// The rule for what is kept.
  public let keep: Keep
  /// The units that may go.
  public let candidates: [PrunableUnit]
  private let goal: Goal

  private enum Goal {
    case count(Int)
    case parameters(Double)
    case exactly(Set<Int>)
  }

  /// Works out an amount.
  ///
  /// - Parameters:
  ///   - amount: What was asked for.
  ///   - keep: The blocks in which nothing goes.
  ///   - unit: The kind of units that go.
  ///   - model: The model as it stands.
  ///   - opened: The model as it was opened.
  /// - Throws: `BudgetError` with both numbers when less is left than is asked for.
  public init(
    _ amount: Amount,
    keep: Keep,
    unit: any PruningUnit,
    model: LanguageModel,
    opened: LanguageModel
  ) throws(BudgetError) {
    let units = unit.units(of: model)
    let openedUnits = unit.units(of: opened)
    let openedBlocks = opened.blocks.count
    if let number = keep.numbers.max(), number >= openedBlocks {
      throw BudgetError("`\(keep)` names block \(number) of a model with \(openedBlocks) blocks")
    }
    self.amount = amount
    self.keep = keep
    candidates = units.filter { !keep.contains($0.block, of: openedBlocks) }
    let removable = candidates.reduce(0) { $0 + $1.parameterCount }
    switch amount {
    case .units(let count):
      goal = .count(count)
    case .percentOfUnits(let share):
      goal = .count(Int((Double(openedUnits.count) * share.double / 100 + 0.5).rounded(.down)))
    case .downToUnits(let count):
      guard count <= units.count else {
        throw BudgetError(
          "`\(amount)` asks for more than the \(units.count) units there are",
          isAboutSize: true
        )
      }
      goal = .count(units.count - count)
    case .percentOfParameters(let share):
      goal = .parameters(Double(opened.parameterCount) * share.double / 100)
    case .downToParameters(let number, let factor):
      let target = number.double * (Amount.parameterUnits[factor] ?? 1)
      guard target <= Double(model.parameterCount) else {
        throw BudgetError(
          "`\(amount)` asks for more than the \(model.parameterCount) parameters there are",
          isAboutSize: true
        )
      }
      goal = .parameters(Double(model.parameterCount) - target)
    case .exactly(let numbers):
      goal = .exactly(Set(numbers))
    }
    try checkThatItFits(units, removable: removable)
  }

  private init(_ budget: Budget, candidates: [PrunableUnit], goal: Goal) {
    amount = budget.amount
    keep = budget.keep
    self.candidates = candidates
    self.goal = goal
  }

  /// What is left to do behind some removals.
  ///
  /// - Parameters:
  ///   - removed: The units that went.
  ///   - units: Those of the model without them.
  /// - Returns: The rest; nil when nothing more has to go.
  func rest(behind removed: [PrunableUnit], of units: [PrunableUnit]) -> Budget? {
    let allowed = Set(candidates.map(\.number)).subtracting(removed.map(\.number))
    let candidates = units.filter { allowed.contains($0.number) }
    let goal: Goal
    switch self.goal {
    case .count(let count): goal = .count(count - removed.count)
    case .parameters(let wanted):
      goal = .parameters(wanted - Double(removed.reduce(0) { $0 + $1.parameterCount }))
    case .exactly(let numbers): goal = .exactly(numbers.subtracting(removed.map(\.number)))
    }
    let rest = Budget(self, candidates: candidates, goal: goal)
    return rest.anySelection.removed.isEmpty ? nil : rest
  }

  private func checkThatItFits(
    _ units: [PrunableUnit],
    removable: Int
  ) throws(BudgetError) {
    switch goal {
    case .count(let count) where count > candidates.count:
      throw BudgetError(
        keep == Keep()
          ? "`\(amount)` asks for \(count) units, but there are only \(units.count)"
          : "`\(amount)` asks for \(count) of \(units.count) units, but `\(keep)` leaves only "
            + "\(candidates.count) that may go"
      )
    case .parameters(let wanted) where wanted > Double(removable):
      throw BudgetError(
        "`\(amount)` asks for \(Int(wanted)) parameters, but `\(keep)` leaves only "
          + "\(removable) that may go"
      )
    case .exactly(let numbers):
      let present = Set(units.map(\.number))
      let free = Set(candidates.map(\.number))
      if let missing = numbers.subtracting(present).min() {
        throw BudgetError("`\(amount)` names unit \(missing), which the model does not have")
      }
      if let kept = numbers.subtracting(free).min() {
        throw BudgetError("`\(amount)` names unit \(kept), which `\(keep)` keeps")
      }
    default: break
    }
    if case .count(let count) = goal, count == units.count, !units.isEmpty {
      throw BudgetError(
        "`\(amount)` would leave no unit at all of \(units.count)",
        isAboutSize: true
      )
    }
  }

  /// A selection by no score at all: right in its size where all units cost the same.
  var anySelection: Selection { selection(inOrder: candidates) }

  /// Chooses the units that go: the least important first, to within one unit of the goal.
  ///
  /// Units with an infinite score are indispensable, and go only where they are named.
  ///
  /// - Throws: `BudgetError` when the goal cannot be met without indispensable units.
  public func selection(from scores: Scores) throws(BudgetError) -> Selection {
    let allowed = Set(candidates.map(\.number))
    let order = scores.leastImportantFirst.filter { allowed.contains($0.number) }
    if case .exactly = goal { return selection(inOrder: order) }
    let indispensable = scores.indispensable
    let free = order.filter { !indispensable.contains($0.number) }
    let selection = selection(inOrder: free)
    guard selection.removed.count == self.selection(inOrder: order).removed.count else {
      throw BudgetError(
        "`\(amount)` cannot be met: only \(free.count) of \(order.count) units that may go can, "
          + "and nothing works without the others"
      )
    }
    return selection
  }

  private func selection(inOrder order: [PrunableUnit]) -> Selection {
    switch goal {
    case .exactly(let numbers):
      return Selection(removed: order.filter { numbers.contains($0.number) }, next: nil)
    case .count(let count):
      return Selection(removed: Array(order.prefix(count)), next: order.dropFirst(count).first)
    case .parameters(let wanted):
      return Self.nearest(to: wanted, order)
    }
  }

  /// Stops at the unit where the removed parameters come nearest to the goal, halves up.
  private static func nearest(to wanted: Double, _ order: [PrunableUnit]) -> Selection {
    var removed = 0.0
    var count = 0
    for unit in order {
      let cost = Double(unit.parameterCount)
      guard removed + cost / 2 <= wanted else { break }
      removed += cost
      count += 1
    }
    return Selection(removed: Array(order.prefix(count)), next: order.dropFirst(count).first)
  }
}

/// The units that go.
public struct Selection: Sendable, Equatable {
  /// The units, least important first.
  public let removed: [PrunableUnit]
  /// The unit that would have been next; nil when none is left.
  public let next: PrunableUnit?

  /// The numbers of the units, sorted.
  public var numbers: [Int] { removed.map(\.number).sorted() }

  /// The parameters that go with them.
  public var parameterCount: Int { removed.reduce(0) { $0 + $1.parameterCount } }
}

/// Why an amount cannot be met.
public struct BudgetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was asked for and what there is.
  public let description: String
  /// Whether the model is too small whatever its units are, or which of them are kept.
  let isAboutSize: Bool

  init(_ description: String, isAboutSize: Bool = false) {
    self.description = description
    self.isAboutSize = isAboutSize
  }
}
