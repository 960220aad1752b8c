import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// `prune UNIT [on DATA] { by …, remove …, keep …, allocate …, search …, repair …, gradual …, recover … }`,
  /// or several units in a list.
  mutating func prune(_ statement: Statement) -> (any PlanStep)? {
    if sparseUnit(of: statement) != nil { return sparsePrune(statement) }
    var clauses = PruneClauses()
    clauses.isInTraining =
      statement.body?.clauses.contains { $0.keyword.text == "gradual" } ?? false
    let step = prune(unitsOf: statement, &clauses)
    checkTraining(clauses)
    guard clauses.gradualClause != nil || clauses.recoverClause != nil else { return step }
    guard let step, let schedule = clauses.schedule, let training = clauses.training,
      let clause = clauses.gradualClause
    else { return nil }
    return GradualPruneStep(
      pruning: step,
      schedule: schedule,
      training: training,
      scheduleSpan: clause.span
    )
  }

  private mutating func prune(
    unitsOf statement: Statement,
    _ clauses: inout PruneClauses
  ) -> PruneStep? {
    let units = units(of: statement)
    let data = dataUse(statement, after: units)
    for clause in statement.body?.clauses ?? [] { read(clause, into: &clauses, data: data) }
    noteMeantClauses(of: statement, in: &clauses)
    if !clauses.meant.contains("by"), !clauses.namesUnits {
      report(.missingClause("a criterion: `by NAME`", of: "prune"), at: statement.keyword.span)
    }
    if clauses.meant.isDisjoint(with: ["remove", "down"]) {
      let amount = "an amount: `remove 6` or `down to 26`"
      report(.missingClause(amount, of: "prune"), at: statement.keyword.span)
    }
    if let (clause, refiner, _) = clauses.refinements.first {
      let message =
        "`\(type(of: refiner).name)` exchanges single weights: write `prune weight`, or leave it out"
      report(.inconsistent("refine", message, with: nil), at: clause.span)
    }
    checkRounds(clauses)
    checkThatAllocationMatters(clauses)
    checkThatSearchDecides(clauses)
    let found = clauses.criterion
    guard let units, let amount = clauses.amount, let amountClause = clauses.amountClause,
      found != nil || (clauses.namesUnits && clauses.criterionClause == nil)
    else { return nil }
    if let found, let clause = clauses.criterionClause {
      checkThatItFits(found.criterion, units, at: clause)
      if clauses.meant.isDisjoint(with: ["gradual", "recover"]) {
        checkThatItNeedsNoTraining(found.criterion, at: clause)
      }
    }
    if let found, found.criterion.scale == .foreign, units.count > 1 {
      let message = "names units by their numbers, so it is for one kind; prune one kind at a time"
      report(
        .inconsistent(type(of: found.criterion).name, message, with: nil),
        at: statement.keyword.span
      )
    }
    checkThatLevelFits(clauses)
    guard let allocation = clauses.allocation ?? defaultAllocation(of: units) else { return nil }
    if let search = clauses.search, let clause = clauses.searchClause {
      checkThatItFits(search.search, units, amount, at: clause)
    } else {
      checkThatAmountsAdd(amount, allocation, units, at: amountClause)
    }
    // What stands in for a search that cannot be used would be something else.
    guard clauses.searchClause == nil || clauses.search != nil else { return nil }
    for (clause, step) in clauses.repairs {
      checkThatItFits(step.repair, units, at: clause)
    }
    checkThatOneRepairsEach(units, clauses)
    return PruneStep(
      units: units,
      scorings: found.map { found in
        units.map {
          ScoreStep(unit: $0, criterion: found.criterion, data: found.data, span: statement.span)
        }
      } ?? [],
      amount: amount,
      keep: clauses.keep(plus: found?.plus ?? false),
      allocation: allocation,
      allocationData: clauses.allocationData,
      search: clauses.search,
      repairs: clauses.repairs.map(\.step),
      rescoring: clauses.rescoring,
      amountSpan: amountClause.span,
      keepSpan: clauses.keepSpan,
      span: statement.span
    )
  }

  /// Reports a repair of what another one repairs: each makes up for the whole loss.
  private mutating func checkThatOneRepairsEach(
    _ units: [any PruningUnit],
    _ clauses: PruneClauses
  ) {
    let removed = Set(units.map(\.granularity))
    for (place, later) in clauses.repairs.enumerated() {
      let own = later.step.repair.granularities.intersection(removed)
      let earlier = clauses.repairs.prefix(place).first {
        !own.isDisjoint(with: $0.step.repair.granularities)
      }
      guard let earlier else { continue }
      let message = "each repair makes up for all that goes, so only one of them is of use"
      report(
        .inconsistent("repair", message, with: earlier.clause.span),
        at: later.clause.span
      )
    }
  }

  /// Notes clauses that are written as settings, so that they are not missed.
  func noteMeantClauses(of statement: Statement, in clauses: inout PruneClauses) {
    for setting in statement.body?.settings ?? [] {
      // It is reported where it stands, and what it was meant for is not missing.
      let name = setting.name.text
      let meant =
        Keyword.clauses.contains(name) ? name : Habit.meant(by: name, among: Keyword.clauses)
      if let meant { clauses.meant.insert(meant) }
      if meant == "remove", case .list = setting.value.kind { clauses.namesUnits = true }
    }
  }

  mutating func read(
    _ clause: Statement,
    into clauses: inout PruneClauses,
    data: DataUse
  ) {
    let keyword = clause.keyword
    clauses.meant.insert(keyword.text)
    for case .word(let word) in clause.arguments.map(\.kind) where Keyword.clauses.contains(word) {
      // It lacks a comma before it, which is reported where it stands.
      clauses.meant.insert(word)
    }
    switch keyword.text {
    case "by":
      let found = criterion(clause, data: data, inTraining: clauses.isInTraining)
      if let first = clauses.criterionClause {
        return report(.repeated("`by`", first: first.keyword.span), at: keyword.span)
      }
      clauses.criterionClause = clause
      clauses.criterion = found
    case "remove", "down":
      let amount = amount(clause)
      if let first = clauses.amountClause {
        return report(.repeated("the amount", first: first.keyword.span), at: keyword.span)
      }
      clauses.amountClause = clause
      clauses.amount = amount
      if case .list? = clause.arguments.first.flatMap({ literal($0) }) { clauses.namesUnits = true }
    case "keep":
      keep(clause, in: &clauses)
    case "allocate":
      let found = allocation(clause, data: data)
      if let first = clauses.allocateClause {
        return report(.repeated("`allocate`", first: first.keyword.span), at: keyword.span)
      }
      clauses.allocateClause = clause
      clauses.allocation = found?.allocation
      clauses.allocationData = found?.data
    case "search":
      let found = search(clause, data: data)
      if let first = clauses.searchClause {
        return report(.repeated("`search`", first: first.keyword.span), at: keyword.span)
      }
      clauses.searchClause = clause
      clauses.search = found
    case "refine":
      if let found = refiner(clause, data: data) {
        clauses.refinements.append((clause, found.refiner, found.data))
      }
    case "repair":
      if let step = repair(clause, data: data) { clauses.repairs.append((clause, step)) }
    case "rescore":
      let count = rescoring(clause)
      if let first = clauses.rescoringClause {
        return report(.repeated("`rescore`", first: first.keyword.span), at: keyword.span)
      }
      clauses.rescoringClause = clause
      clauses.rescoring = count
    case "gradual", "recover": readTraining(clause, into: &clauses, data: data)
    default:
      let problem = RecipeProblem.unknownClause(keyword.text, of: "prune", known: Keyword.clauses)
      // It may have been any of those that are missing, if nothing says which.
      let meant = problem.suggestion.map { [$0] } ?? Keyword.clauses
      if !problem.isElsewhere { clauses.meant.formUnion(meant) }
      report(problem, at: keyword.span)
    }
  }

  /// `by NAME [on DATA] [{ … }]`; a `+` after the name keeps the first four and last two blocks.
  ///
  /// In a training, what it measures is measured of the training.
  mutating func criterion(
    _ clause: Statement,
    data inherited: DataUse,
    inTraining isInTraining: Bool = false
  ) -> PruneClauses.FoundCriterion? {
    let own = dataUse(clause)
    guard let first = clause.arguments.first else {
      report(Complaint(expected: "the name of a criterion"), of: "by", at: clause.keyword.span, [])
      return nil
    }
    guard let written = name(first, of: "by", .criterion) else { return nil }
    let plus = written.hasSuffix("+")
    let found = plugin(
      .criterion,
      named: plus ? String(written.dropLast()) : written,
      at: first,
      arguments: Array(clause.arguments.dropFirst()),
      body: clause.body,
      suffix: plus ? "+" : ""
    )
    guard let criterion = found as? any Criterion else { return nil }
    guard !criterion.evidence.isEmpty else {
      if let value = clause.dataset { report(.misplacedData(of: written), at: value.span) }
      return (criterion, nil, plus)
    }
    if isInTraining {
      if let value = clause.dataset {
        let message = "with `gradual` it looks at what the model is trained on; leave the `on` out"
        report(.inconsistent("by", message, with: nil), at: value.span)
      }
      return (criterion, nil, plus)
    }
    switch clause.dataset == nil ? inherited : own {
    case .named(let data): return (criterion, data, plus)
    case .faulty: return nil
    case .none:
      report(.noData(for: written, known: scope.dataKeys.keys.sorted()), at: first)
      return nil
    }
  }

  private mutating func amount(_ clause: Statement) -> Amount? {
    refuseData(clause)
    refuseClauses(clause.body, of: clause.keyword.text, known: [])
    guard let literals = values(of: clause) else { return nil }
    do throws(Complaint) {
      let amount: Amount =
        clause.keyword.text == "remove" ? try .removing(literals) : try .leaving(literals)
      switch amount {
      case .percentOfMemory(let share, _):
        return cacheLoad(clause).map { .percentOfMemory(share, $0) }
      case .downToMemory(let size, let unit, _):
        return cacheLoad(clause).map { .downToMemory(size, unit: unit, $0) }
      default:
        refuseSettings(clause.body, of: clause.keyword.text)
        return amount
      }
    } catch {
      complain(error, about: clause)
      return nil
    }
  }

  /// The texts of an amount of memory; nil after a report.
  private mutating func cacheLoad(_ clause: Statement) -> CacheLoad? {
    let before = diagnostics.count
    var load = CacheLoad()
    configure(&load, CacheLoad.parameters, from: clause.body, of: clause.keyword.text)
    guard diagnostics.count == before else { return nil }
    guard load.context == nil else { return load }
    let lack = "the length of texts whose keys and values count: `{ context = 4096 }`"
    report(.missingClause(lack, of: clause.keyword.text), at: clause.keyword.span)
    return nil
  }

  /// `rescore every N`.
  private mutating func rescoring(_ clause: Statement) -> Int? {
    guard let literals = plainValues(clause) else { return nil }
    if literals.count == 2, literals[0] == .word("every"), let count = Int(literals[1]), count > 0 {
      return count
    }
    let isStarted = literals.first == .word("every")
    let complaint = Complaint(
      expected: "`every` and a whole number of units above 0",
      argument: literals.isEmpty ? nil : isStarted && literals.count > 1 ? 1 : 0,
      found: isStarted && literals.count == 1 ? "nothing after `every`" : nil
    )
    complain(complaint, about: clause)
    return nil
  }

  /// Reads `keep …` into the clauses.
  mutating func keep(_ clause: Statement, in clauses: inout PruneClauses) {
    guard let literals = plainValues(clause) else { return }
    do throws(Complaint) {
      let rule = try Keep.reading(literals)
      if let other = clauses.keepClause, (rule == nil) != (clauses.rule == nil) {
        let message = "`keep none` and another `keep` contradict each other"
        let problem = RecipeProblem.inconsistent("keep", message, with: other.span)
        return report(problem, at: clause.span)
      }
      clauses.keepClause = clauses.keepClause ?? clause
      if (rule?.numbers.max() ?? -1) > (clauses.rule?.numbers.max() ?? -1) {
        clauses.keepSpan = clause.span
      }
      clauses.keepSpan = clauses.keepSpan ?? clause.span
      clauses.rule = rule.map { $0.adding(clauses.rule ?? Keep()) }
    } catch {
      complain(error, about: clause)
    }
  }

  private mutating func complain(_ complaint: Complaint, about clause: Statement) {
    var complaint = complaint
    if let index = complaint.argument, clause.arguments.indices.contains(index) {
      complaint.note = Self.separation(clause.arguments[index]) ?? complaint.note
    }
    report(complaint, of: clause.keyword.text, at: clause.keyword.span, clause.arguments)
  }

  /// The values of a clause that may hold nothing else; nil after a report.
  private mutating func plainValues(_ clause: Statement) -> [Literal]? {
    refuseData(clause)
    refuseClauses(clause.body, of: clause.keyword.text, known: [])
    refuseSettings(clause.body, of: clause.keyword.text)
    return values(of: clause)
  }

  /// The values of a clause; nil after a report.
  private mutating func values(of clause: Statement) -> [Literal]? {
    let literals = clause.arguments.compactMap { literal($0) }
    return literals.count == clause.arguments.count ? literals : nil
  }
}
