import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// The units that a statement names, one or several in a list, set by the settings in its braces.
  ///
  /// A setting belongs to every unit that has it.
  ///
  /// - Returns: The units; nil after a report.
  mutating func units(of statement: Statement) -> [any PruningUnit]? {
    let names = names(ofUnits: statement)
    let isList = names.count != statement.arguments.count
    guard isList else {
      checkSettings(of: statement, for: types(names.prefix(1)))
      let body = statement.body.map { ownSettings($0, of: types(names.prefix(1))) }
      let found = plugin(.unit, of: statement, body: body)
      guard let unit = found as? any PruningUnit else {
        if let found { reportSingleWeights(found, in: statement, at: statement.arguments[0].span) }
        return nil
      }
      return [unit]
    }
    checkSettings(of: statement, for: types(names[...]))
    var units: [any PruningUnit] = []
    for value in names {
      guard let name = name(value, of: statement.keyword.text, .unit) else { return nil }
      let body = statement.body.map { ownSettings($0, of: types([value])) }
      let found = plugin(.unit, named: name, at: value, body: body)
      guard let unit = found as? any PruningUnit else {
        if let found { reportSingleWeights(found, in: statement, at: value.span) }
        return nil
      }
      if let other = units.first(where: { $0.granularity.overlaps(unit.granularity) }),
        !searchesOverlappingUnits(statement) || other.granularity == unit.granularity
      {
        let message =
          "\(type(of: other).name) and \(name) share parameters, so they cannot share a budget; "
          + "prune one after the other"
        report(.inconsistent(statement.keyword.text, message, with: nil), at: value.span)
        return nil
      }
      units.append(unit)
    }
    return units
  }

  /// The names of units that a statement begins with: one, or several in a list or a variable.
  private mutating func names(ofUnits statement: Statement) -> [Value] {
    var names = statement.arguments
    if case .list(let values)? = names.first?.kind, !values.isEmpty {
      names = values + names.dropFirst()
    } else if let first = names.first, case .variable = first.kind,
      case .list(let words)? = literal(first)
    {
      let values = words.map { word in
        Value(kind: .word(word.description), span: first.span)
      }
      names = values + names.dropFirst()
    }
    return names
  }

  /// Reports single weights where units are asked for that are counted and cut out.
  private mutating func reportSingleWeights(
    _ plugin: any Plugin,
    in statement: Statement,
    at span: SourceSpan
  ) {
    let name = type(of: plugin).name
    let message =
      statement.keyword.text == "score"
      ? "single weights are not scored one by one; `prune \(name)` values and removes them"
      : "single weights share no budget with units that are cut out; prune one after the other"
    report(.inconsistent(name, message, with: nil), at: span)
  }

  func types(_ names: ArraySlice<Value>, of kind: PluginKind = .unit) -> [any Plugin.Type] {
    names.compactMap { value in
      switch value.kind {
      case .word(let name): registry.plugin(kind, named: name)
      case .variable(let name):
        if case .word(let word)? = variables[name]?.value?.literal {
          registry.plugin(kind, named: word)
        } else {
          nil
        }
      default: nil
      }
    }
  }

  func types(_ names: [Value]) -> [any Plugin.Type] { types(names[...]) }

  /// Reports settings that none of the units has.
  mutating func checkSettings(of statement: Statement, for types: [any Plugin.Type]) {
    let known = Set(types.flatMap { PluginDescription($0).settings.map(\.name) })
    for setting in statement.body?.settings ?? [] where !known.contains(setting.name.text) {
      let owner = statement.keyword.text
      let name = setting.name.text
      report(.unknownSetting(name, of: owner, known: known.sorted()), at: setting.name.span)
    }
  }

  /// The braces with only the settings of some plugins.
  func ownSettings(_ body: Body, of types: [any Plugin.Type]) -> Body {
    let known = Set(types.flatMap { PluginDescription($0).settings.map(\.name) })
    let entries = body.settings.filter { known.contains($0.name.text) }.map(Entry.setting)
    return Body(entries: entries, span: body.span)
  }

  /// The allocation that is used where a recipe names none: that of the units, where they agree.
  mutating func defaultAllocation(of units: [any PruningUnit]) -> (any Allocation)? {
    let names = Set(units.map { type(of: $0).defaultAllocation })
    let name = names.count == 1 ? names.first : nil
    return registry.plugin(.allocation, named: name ?? "global")?.init() as? any Allocation
  }

  /// `allocate NAME [on DATA] [{ … }]`; data is for allocations that measure shares.
  mutating func allocation(
    _ clause: Statement,
    data inherited: DataUse
  ) -> (allocation: any Allocation, data: String?)? {
    let own = dataUse(clause)
    guard let allocation = plugin(.allocation, of: clause) as? any Allocation else { return nil }
    guard let proportional = allocation as? any ProportionalAllocation, proportional.needsData
    else {
      refuseData(clause)
      return (allocation, nil)
    }
    switch clause.dataset == nil ? inherited : own {
    case .named(let data): return (allocation, data)
    case .faulty: return nil
    case .none:
      let span = clause.arguments.first?.span ?? clause.keyword.span
      let known = scope.dataKeys.keys.sorted()
      report(.noData(for: type(of: allocation).name, known: known), at: span)
      return nil
    }
  }

  /// `repair NAME [on DATA] [{ … }]`.
  mutating func repair(_ clause: Statement, data inherited: DataUse) -> RepairStep? {
    let own = dataUse(clause)
    guard let repair = plugin(.repair, of: clause) as? any Repair else { return nil }
    switch clause.dataset == nil ? inherited : own {
    case .named(let data): return RepairStep(repair: repair, data: data)
    case .faulty: return nil
    case .none:
      let span = clause.arguments.first?.span ?? clause.keyword.span
      let known = scope.dataKeys.keys.sorted()
      report(.noData(for: type(of: repair).name, known: known), at: span)
      return nil
    }
  }

  /// Reports a criterion that cannot score the units.
  mutating func checkThatItFits(
    _ criterion: any Criterion,
    _ units: [any PruningUnit],
    at clause: Statement
  ) {
    check(units, criterion, criterion.granularities, at: clause)
  }

  /// Reports a repair that does nothing for the units.
  mutating func checkThatItFits(
    _ repair: any Repair,
    _ units: [any PruningUnit],
    at clause: Statement
  ) {
    // One of several kinds is enough: it leaves the others alone.
    guard !units.contains(where: { repair.granularities.contains($0.granularity) }) else { return }
    check(units, repair, repair.granularities, at: clause)
  }

  mutating func check(
    _ units: [any PruningUnit],
    _ plugin: any Plugin,
    _ granularities: Set<UnitGranularity>,
    at clause: Statement
  ) {
    guard let unit = units.first(where: { !granularities.contains($0.granularity) }) else { return }
    reportUnsuited(plugin, granularities, for: unit, unit.granularity, at: clause)
  }

  /// Reports a criterion that has no value for a single weight.
  mutating func checkThatItFits(
    _ criterion: any Criterion,
    _ unit: any SparseUnit,
    at clause: Statement
  ) {
    guard !Self.isForWeights(criterion) else { return }
    reportUnsuited(criterion, criterion.granularities, for: unit, .weight, at: clause)
  }

  /// Reports a repair that does nothing for single weights.
  mutating func checkThatItFits(_ repair: any Repair, _ unit: any SparseUnit, at clause: Statement)
  {
    guard !repair.granularities.contains(.weight) else { return }
    reportUnsuited(repair, repair.granularities, for: unit, .weight, at: clause)
  }

  /// Whether a criterion has a value for a single weight.
  private static func isForWeights(_ criterion: any Criterion) -> Bool {
    criterion is any SaliencyCriterion && criterion.granularities.contains(.weight)
  }

  /// Whether a criterion, a search or a repair is for units of a kind.
  private static func suits(_ plugin: any Plugin, _ granularity: UnitGranularity) -> Bool {
    switch plugin {
    case let criterion as any Criterion:
      granularity == .weight
        ? isForWeights(criterion) : criterion.granularities.contains(granularity)
    case let search as any Search: search.granularities.contains(granularity)
    case let repair as any Repair: repair.granularities.contains(granularity)
    default: false
    }
  }

  private mutating func reportUnsuited(
    _ plugin: any Plugin,
    _ granularities: Set<UnitGranularity>,
    for unit: any Plugin,
    _ granularity: UnitGranularity,
    at clause: Statement
  ) {
    let suited = registry.names(of: .unit).filter { name in
      let plugin = registry.plugin(.unit, named: name)?.init()
      let granularity =
        (plugin as? any PruningUnit)?.granularity ?? (plugin as? any SparseUnit)?.granularity
      return granularity.map(granularities.contains) ?? false
    }
    let kind = type(of: plugin).kind
    let others = registry.names(of: kind).filter { name in
      registry.plugin(kind, named: name).map { Self.suits($0.init(), granularity) } ?? false
    }
    let problem = RecipeProblem.unsuitable(
      type(of: plugin).name,
      unit: type(of: unit).name,
      suited: suited,
      others: others
    )
    report(problem, at: clause.arguments.first?.span ?? clause.keyword.span)
  }

  /// Reports shares of single matrices for units that are cut out of several matrices alike.
  mutating func checkThatLevelFits(_ clauses: PruneClauses) {
    guard let clause = clauses.allocateClause,
      let allocation = clauses.allocation as? any ProportionalAllocation, allocation.isOfMatrices
    else { return }
    let message =
      "`\(type(of: allocation).name)` gives each matrix a share of its own, but units that are cut out "
      + "go from several matrices of a block at once: write `level = block`"
    report(.inconsistent("allocate", message, with: nil), at: clause.span)
  }

  /// Reports an amount that several kinds of units cannot share.
  mutating func checkThatAmountsAdd(
    _ amount: Amount,
    _ allocation: any Allocation,
    _ units: [any PruningUnit],
    at clause: Statement
  ) {
    guard units.count > 1 else { return }
    let message: String
    switch amount {
    case .percentOfParameters, .downToParameters, .percentOfMemory, .downToMemory: return
    case .percentOfUnits where allocation is any ProportionalAllocation: return
    case .exactly:
      message = "the numbers are those of one kind of units; prune one kind after the other"
    case .percentOfUnits:
      message =
        "several kinds of units share a budget of parameters; write `20% of parameters`, or "
        + "`allocate uniform` for the same share of each kind"
    case .units, .downToUnits:
      message =
        "several kinds of units share a budget of parameters; write `20% of parameters` or "
        + "`down to 5.5B parameters`"
    }
    report(.inconsistent(clause.keyword.text, message, with: nil), at: clause.span)
  }

  /// Reports an allocation for units that are named, so that their blocks are decided.
  mutating func checkThatAllocationMatters(_ clauses: PruneClauses) {
    guard case .exactly? = clauses.amount, let clause = clauses.allocateClause else { return }
    let problem = RecipeProblem.inconsistent(
      "allocate",
      "the units are named, so nothing is left to allocate; leave it out",
      with: clauses.amountClause?.span
    )
    report(problem, at: clause.span)
  }

  /// Reports rounds in which nothing could be scored again.
  mutating func checkRounds(_ clauses: PruneClauses) {
    guard let clause = clauses.rescoringClause else { return }
    let problem: RecipeProblem
    if case .exactly? = clauses.amount {
      problem = .inconsistent(
        "rescore",
        "the units are named, so no score decides what goes",
        with: clauses.amountClause?.span
      )
    } else if clauses.criterion?.criterion.choosesNeighbours == true {
      problem = .inconsistent(
        "rescore",
        "the units go together, so there is one round",
        with: clauses.criterionClause?.span
      )
    } else {
      return
    }
    report(problem, at: clause.span)
  }
}
