public import BillhookModels
import BillhookRecipe

/// What an amount means for a model: which units may go, and how many of them have to.
public struct Budget: Sendable {
  /// The amount as it was asked for.
  public let amount: Amount
  /// The rule for what is kept.
  public let keep: Keep
  /// Where the budget falls.
  public let spread: any Spread
  /// The units of the blocks in which some may go, kind after kind.
  public let blocks: [BlockUnits]
  let units: [any PruningUnit]
  let openedBlocks: Int
  /// The units in the model, kept ones too.
  let unitCount: Int
  let goal: Goal

  enum Goal {
    case count(Int)
    case parameters(Double)
    case exactly(Set<Int>)
  }

  /// Works out an amount.
  ///
  /// - Parameters:
  ///   - amount: What was asked for.
  ///   - keep: The blocks in which nothing goes.
  ///   - spread: Where the budget falls.
  ///   - units: The kinds of units that go.
  ///   - model: The model as it stands.
  ///   - opened: The model as it was opened.
  /// - Throws: `BudgetError` with both numbers when less is left than is asked for.
  public init(
    _ amount: Amount,
    keep: Keep,
    spread: any Spread,
    units: [any PruningUnit],
    model: LanguageModel,
    opened: LanguageModel
  ) throws(BudgetError) {
    let openedBlocks = opened.blocks.count
    if let number = keep.numbers.max(), number >= openedBlocks {
      throw BudgetError("`\(keep)` names block \(number) of a model with \(openedBlocks) blocks")
    }
    let all: [BlockUnits]
    do throws(PluginError) {
      all = try units.map { (unit) throws(PluginError) in try unit.checkedUnits(of: model) }
        .flatMap { $0 }
    } catch {
      throw BudgetError(error.description)
    }
    self.amount = amount
    self.keep = keep
    self.spread = spread
    self.units = units
    self.openedBlocks = openedBlocks
    blocks = all.filter { !keep.contains($0.block, of: openedBlocks) }
    unitCount = all.reduce(0) { $0 + $1.count }
    goal = try Self.goal(
      amount,
      of: unitCount,
      opened: units.flatMap { $0.units(of: opened) }.reduce(0) { $0 + $1.count },
      model,
      opened
    )
    try checkThatItFits(all)
  }

  private init(_ budget: Budget, model: LanguageModel, goal: Goal) {
    amount = budget.amount
    keep = budget.keep
    spread = budget.spread
    units = budget.units
    openedBlocks = budget.openedBlocks
    let all = budget.units.flatMap { $0.units(of: model) }
    blocks = all.filter { !budget.keep.contains($0.block, of: budget.openedBlocks) }
    unitCount = all.reduce(0) { $0 + $1.count }
    self.goal = goal
  }

  private static func goal(
    _ amount: Amount,
    of count: Int,
    opened: Int,
    _ model: LanguageModel,
    _ openedModel: LanguageModel
  ) throws(BudgetError) -> Goal {
    switch amount {
    case .units(let count): return .count(count)
    case .percentOfUnits(let share):
      return .count(Int((Double(opened) * share.double / 100 + 0.5).rounded(.down)))
    case .downToUnits(let left):
      guard left <= count else {
        throw BudgetError(
          "`\(amount)` asks for more than the \(count) units there are",
          isAboutSize: true
        )
      }
      return .count(count - left)
    case .percentOfParameters(let share):
      return .parameters(Double(openedModel.parameterCount) * share.double / 100)
    case .downToParameters(let number, let factor):
      let target = number.double * (Amount.parameterUnits[factor] ?? 1)
      guard target <= Double(model.parameterCount) else {
        throw BudgetError(
          "`\(amount)` asks for more than the \(model.parameterCount) parameters there are",
          isAboutSize: true
        )
      }
      return .parameters(Double(model.parameterCount) - target)
    case .exactly(let numbers): return .exactly(Set(numbers))
    }
  }

  /// What is left to do behind some removals.
  ///
  /// - Parameters:
  ///   - removed: The units that went.
  ///   - model: The model without them.
  /// - Returns: The rest; nil when nothing more has to go, or fits.
  /// - Throws: `BudgetError` when the spread has no answer for what is left.
  func rest(behind removed: [PrunableUnit], of model: LanguageModel) throws(BudgetError) -> Budget?
  {
    let goal: Goal
    switch self.goal {
    case .count(let count): goal = .count(count - removed.count)
    case .parameters(let wanted):
      goal = .parameters(wanted - Double(removed.reduce(0) { $0 + $1.parameterCount }))
    case .exactly(let numbers): goal = .exactly(numbers.subtracting(removed.map(\.number)))
    }
    let rest = Budget(self, model: model, goal: goal)
    // What is left may be less than any unit, which a share of every block calls an error.
    guard removableCount > removed.count else { return nil }
    do throws(BudgetError) {
      return try rest.anySelection().removed.isEmpty ? nil : rest
    } catch {
      guard error.isAboutSize else { throw error }
      return nil
    }
  }

  /// The number of units that may go.
  var removableCount: Int { blocks.reduce(0) { $0 + $1.removableCount } }

  private func checkThatItFits(_ all: [BlockUnits]) throws(BudgetError) {
    let free = removableCount
    switch goal {
    case .count(let count) where count > free:
      let isKept = keep != Keep()
      throw BudgetError(
        isKept || free < unitCount
          ? "`\(amount)` asks for \(count) of \(unitCount) units, but "
            + (isKept ? "`\(keep)`" : "what has to stay in each block")
            + " leaves only \(free) that may go"
          : "`\(amount)` asks for \(counted(count, "unit")), but there are only \(unitCount)"
      )
    case .parameters(let wanted):
      let removable = blocks.reduce(0) { $0 + $1.removableCount * $1.parameterCount }
      guard wanted > Double(removable) else { break }
      throw BudgetError(
        "`\(amount)` asks for \(Int(wanted)) parameters, but "
          + (keep == Keep() ? "the units that may go have" : "`\(keep)` leaves")
          + " only \(removable)" + (keep == Keep() ? "" : " that may go")
      )
    case .exactly(let numbers): try check(numbers, all)
    default: break
    }
    if case .count(let count) = goal, count == unitCount, unitCount > 0 {
      throw BudgetError(
        "`\(amount)` would leave no unit at all of \(unitCount)",
        isAboutSize: true
      )
    }
  }

  private func check(_ numbers: Set<Int>, _ all: [BlockUnits]) throws(BudgetError) {
    let present = Set(all.flatMap(\.all).map(\.number))
    if let missing = numbers.subtracting(present).min() {
      throw BudgetError("`\(amount)` names unit \(missing), which the model does not have")
    }
    let free = Set(blocks.flatMap(\.all).map(\.number))
    if let kept = numbers.subtracting(free).min() {
      throw BudgetError("`\(amount)` names unit \(kept), which `\(keep)` keeps")
    }
    for units in blocks {
      let gone = units.places.indices.filter { numbers.contains(units.start + units.places[$0]) }
      guard !gone.isEmpty else { continue }
      guard units.count - gone.count >= units.minimum else {
        throw BudgetError(
          "`\(amount)` takes \(gone.count) of the \(units.count) units of block \(units.block), "
            + "where at least \(units.minimum) have to stay"
        )
      }
      let size = units.count / units.sets
      let perSet = (0..<units.sets).map { set in gone.count { $0 / size == set } }
      guard Set(perSet).count == 1 else {
        throw BudgetError(
          "`\(amount)` takes \(perSet.map(String.init).joined(separator: ", ")) query heads from "
            + "the KV groups of block \(units.block); every group has to lose equally many"
        )
      }
      guard (units.count - gone.count) % units.multiple == 0 else {
        throw BudgetError(
          "`\(amount)` leaves \(units.count - gone.count) units in block \(units.block), which is "
            + "no multiple of \(units.multiple)"
        )
      }
    }
  }
}
