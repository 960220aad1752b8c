public import BillhookModels
import BillhookRecipe

/// What an amount means for a model: which units may go, and how many of them have to.
public struct Budget: Sendable {
  /// The amount as it was asked for.
  public let amount: Amount
  /// The rule for what is kept.
  public let keep: Keep
  /// How the budget is divided among blocks.
  public let allocation: any Allocation
  /// The units of the blocks in which some may go, kind after kind.
  public let blocks: [BlockUnits]
  let units: [any PruningUnit]
  let openedBlocks: Int
  /// The shares of the blocks, where they had to be measured.
  let givenShares: [Double]?
  /// How much each block of the opened model has of what may go, before any of it goes.
  ///
  /// In units, or in parameters where the amount is of parameters.
  let wholeSizes: [Double]
  /// The part of all of it that goes, in all rounds together.
  let wholeAmount: Double
  /// The units in the model by granularity, kept ones too.
  let unitCounts: [UnitGranularity: Int]
  let goal: Goal
  /// The most bytes that are left, where the amount is one of memory.
  package let mostBytes: Int?
  /// The parameters that are added before anything goes.
  package let addedParameters: Int
  /// The bytes that go with a unit of each kind in each block, where the amount is one of memory.
  private let costs: [Group: Int]
  /// How many units went from where, where only the rest of the budget is left; nil for all of it.
  private let goneBefore: [Group: Int]?

  enum Goal {
    /// A number of units of each kind.
    case counts([UnitGranularity: Int])
    /// So much of the size of the model, in what the amount measures.
    case size(Double)
    case exactly(Set<Int>)
  }

  /// The units of one kind in one block.
  private struct Group: Hashable {
    let granularity: UnitGranularity
    let block: Int
  }

  /// Works out an amount.
  ///
  /// - Parameters:
  ///   - amount: What was asked for.
  ///   - keep: The blocks in which nothing goes.
  ///   - allocation: How the budget is divided among blocks.
  ///   - shares: What a proportional allocation made of its evidence; nil for one without evidence,
  ///     and before it is measured.
  ///   - units: The kinds of units that go.
  ///   - model: The model as it stands.
  ///   - opened: The model as it was opened.
  ///   - prepared: The model with what is added to it before anything goes, such as biases for repairs to
  ///     change; nil where nothing is.
  /// - Throws: `BudgetError` with both numbers when less is left than is asked for.
  public init(
    _ amount: Amount,
    keep: Keep,
    allocation: any Allocation,
    shares: [Double]? = nil,
    units: [any PruningUnit],
    model: LanguageModel,
    opened: LanguageModel,
    prepared: LanguageModel? = nil
  ) throws(BudgetError) {
    let openedBlocks = opened.blocks.count
    let prepared = prepared ?? model
    try keep.check(openedBlocks: openedBlocks)
    let all: [BlockUnits]
    do throws(PluginError) {
      all = try units.map { (unit) throws(PluginError) in try unit.checkedUnits(of: prepared) }
        .flatMap { $0 }
    } catch {
      throw BudgetError(error.description)
    }
    self.amount = amount
    self.keep = keep
    self.allocation = allocation
    givenShares = shares
    self.units = units
    self.openedBlocks = openedBlocks
    blocks = all.filter { !keep.contains($0.block, of: openedBlocks) }
    unitCounts = all.countByGranularity
    let size = try amount.measure?.checkedSize(of: prepared)
    let costs = try Self.costs(amount.measure, units, prepared)
    self.costs = costs
    addedParameters = prepared.parameterCount - model.parameterCount
    goal = try Self.goal(amount, units, unitCounts, model, opened, prepared)
    if case .size(let wanted) = goal, let size, amount.measure?.isBound == true {
      mostBytes = size - Int(wanted.rounded(.up))
    } else {
      mostBytes = nil
    }
    goneBefore = nil
    wholeSizes = Self.sizes(blocks, goal, openedBlocks) { Self.cost($0, costs) }
    wholeAmount = Self.part(goal, of: wholeSizes.reduce(0, +))
    try checkThatItFits(all, of: model, opened: opened, size: size)
  }

  private init(_ budget: Budget, model: LanguageModel, goal: Goal, after removed: [PrunableUnit]) {
    amount = budget.amount
    keep = budget.keep
    allocation = budget.allocation
    givenShares = budget.givenShares
    wholeSizes = budget.wholeSizes
    wholeAmount = budget.wholeAmount
    units = budget.units
    openedBlocks = budget.openedBlocks
    let all = budget.units.flatMap { $0.units(of: model) }
    blocks = all.filter { !budget.keep.contains($0.block, of: budget.openedBlocks) }
    unitCounts = all.countByGranularity
    self.goal = goal
    costs = budget.costs
    mostBytes = budget.mostBytes
    addedParameters = budget.addedParameters
    var gone = budget.goneBefore ?? [:]
    for unit in removed {
      gone[Group(granularity: unit.granularity, block: unit.block), default: 0] += 1
    }
    goneBefore = gone
  }

  /// Whether the units that go are named.
  var isExact: Bool { if case .exactly = goal { true } else { false } }

  /// Whether something of the amount went before.
  var isRest: Bool { goneBefore != nil }

  private static func goal(
    _ amount: Amount,
    _ units: [any PruningUnit],
    _ counts: [UnitGranularity: Int],
    _ model: LanguageModel,
    _ opened: LanguageModel,
    _ prepared: LanguageModel
  ) throws(BudgetError) -> Goal {
    switch amount {
    case .units(let count): return .counts([try onlyGranularity(amount, units): count])
    case .percentOfUnits(let share):
      let openedCounts = units.flatMap { $0.units(of: opened) }.countByGranularity
      return .counts(
        openedCounts.mapValues { Int((Double($0) * share.double / 100 + 0.5).rounded(.down)) }
      )
    case .downToUnits(let left):
      let granularity = try onlyGranularity(amount, units)
      let count = counts[granularity] ?? 0
      guard left <= count else {
        throw BudgetError(
          "`\(amount)` asks for more than the \(count) units there are",
          isAboutSize: true
        )
      }
      return .counts([granularity: count - left])
    case .percentOfParameters(let share):
      let added = prepared.parameterCount - model.parameterCount
      return .size(Double(opened.parameterCount) * share.double / 100 + Double(added))
    case .downToParameters(let number, let factor):
      let target = number.double * (Amount.parameterUnits[factor] ?? 1)
      guard target <= Double(model.parameterCount) else {
        throw BudgetError(
          "`\(amount)` asks for more than the \(model.parameterCount) parameters there are",
          isAboutSize: true
        )
      }
      return .size(Double(prepared.parameterCount) - target)
    case .percentOfMemory(let share, let load):
      let measure = SizeMeasure.memory(load)
      let whole = Double(try measure.checkedSize(of: opened)) * share.double / 100
      let added = try measure.checkedSize(of: prepared) - measure.checkedSize(of: model)
      return .size(whole + Double(added))
    case .downToMemory(let size, let unit, let load):
      let target = ByteCount(.quantity(size, unit: unit))?.bytes ?? 0
      let measure = SizeMeasure.memory(load)
      guard try measure.checkedSize(of: model) >= target else {
        let memory = try load.checkedMemory(of: model)
        throw BudgetError(
          "`\(amount)` is met already: the model takes \(memory.text)",
          isAboutSize: true
        )
      }
      return .size(Double(try measure.checkedSize(of: prepared) - target))
    case .exactly(let numbers): return .exactly(Set(numbers))
    }
  }

  /// How much each block has of what may go, in the unit of the goal.
  private static func sizes(
    _ blocks: [BlockUnits],
    _ goal: Goal,
    _ openedBlocks: Int,
    _ cost: (BlockUnits) -> Int
  ) -> [Double] {
    var sizes = [Double](repeating: 0, count: openedBlocks)
    for units in blocks where sizes.indices.contains(units.block) {
      var each = 1
      if case .size = goal { each = cost(units) }
      sizes[units.block] += Double(units.count * each)
    }
    return sizes
  }

  /// The part of so much that the goal asks for.
  private static func part(_ goal: Goal, of all: Double) -> Double {
    let wanted: Double =
      switch goal {
      case .counts(let counts): Double(counts.values.reduce(0, +))
      case .size(let size): size
      case .exactly: 0
      }
    return all > 0 ? min(1, max(0, wanted / all)) : 0
  }

  private static func onlyGranularity(
    _ amount: Amount,
    _ units: [any PruningUnit]
  ) throws(BudgetError) -> UnitGranularity {
    guard units.count == 1 else {
      throw BudgetError("`\(amount)` counts units, so it is for one kind of them")
    }
    return units[0].granularity
  }

  /// What is left of the budget after some removals.
  ///
  /// - Parameters:
  ///   - removed: The units that went.
  ///   - model: The model without them.
  /// - Returns: The rest; nil when nothing more has to go, or fits.
  /// - Throws: `BudgetError` when the allocation has no answer for what is left.
  package func rest(after removed: [PrunableUnit], of model: LanguageModel) throws(BudgetError)
    -> Budget?
  {
    let goal: Goal
    switch self.goal {
    case .counts(var counts):
      for unit in removed { counts[unit.granularity, default: 0] -= 1 }
      goal = .counts(counts)
    case .size(let wanted):
      goal = .size(wanted - Double(removed.reduce(0) { $0 + cost($1) }))
    case .exactly(let numbers): goal = .exactly(numbers.subtracting(removed.map(\.number)))
    }
    guard removableCount > removed.count else { return nil }
    let rest = Budget(self, model: model, goal: goal, after: removed)
    return try rest.anySelection().removed.isEmpty ? nil : rest
  }

  /// What the size of the model is counted in; parameters where the amount is none of size.
  var measure: SizeMeasure { amount.measure ?? .parameters }

  /// What goes with each of some units, in what the amount measures.
  func cost(_ units: BlockUnits) -> Int { Self.cost(units, costs) }

  /// What goes with a unit, in what the amount measures.
  func cost(_ unit: PrunableUnit) -> Int {
    costs[Group(granularity: unit.granularity, block: unit.block)] ?? unit.parameterCount
  }

  private static func cost(_ units: BlockUnits, _ costs: [Group: Int]) -> Int {
    costs[Group(granularity: units.granularity, block: units.block)] ?? units.parameterCount
  }

  /// The bytes that go with a unit of each kind in each block; none for an amount of something else.
  private static func costs(
    _ measure: SizeMeasure?,
    _ units: [any PruningUnit],
    _ model: LanguageModel
  ) throws(BudgetError) -> [Group: Int] {
    guard let measure, measure != .parameters else { return [:] }
    do {
      return try units.flatMap { $0.units(of: model) }.reduce(into: [:]) { costs, units in
        let group = Group(granularity: units.granularity, block: units.block)
        costs[group] = try measure.cost(of: units, in: model)
      }
    } catch {
      throw BudgetError("\(error)")
    }
  }

  /// The number of units that may go.
  package var removableCount: Int { blocks.reduce(0) { $0 + $1.removableCount } }

  /// The units of a block with their scores; without scores, all are equal.
  func ranking(_ units: BlockUnits, _ values: ArraySlice<Double>? = nil) -> Ranking {
    Ranking(
      units,
      values ?? ArraySlice(repeating: 0, count: units.count),
      goneBefore: goneBefore?[Group(granularity: units.granularity, block: units.block)] ?? 0
    )
  }

  /// What messages call the units of a kind; `units` where there is only one kind.
  func name(of granularity: UnitGranularity) -> String {
    units.count > 1 ? kind(of: granularity) : "units"
  }

  /// The name of a kind of units.
  package func kind(of granularity: UnitGranularity) -> String {
    blocks.first { $0.granularity == granularity }?.kind
      ?? units.first { $0.granularity == granularity }.map { type(of: $0).name }
      ?? granularity.rawValue
  }
}

extension [BlockUnits] {
  /// The number of units of each kind.
  var countByGranularity: [UnitGranularity: Int] {
    reduce(into: [:]) { $0[$1.granularity, default: 0] += $1.count }
  }
}
