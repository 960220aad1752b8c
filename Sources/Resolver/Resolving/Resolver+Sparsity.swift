import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// The unit of single weights that a `prune` names; nil where it names units that are cut out.
  func sparseUnit(of statement: Statement) -> (any SparseUnit.Type)? {
    statement.arguments.count == 1
      ? types(statement.arguments).first as? any SparseUnit.Type : nil
  }

  /// `prune weight [on DATA] { by …, remove …, keep …, allocate …, refine …, repair … }`.
  mutating func sparsePrune(_ statement: Statement) -> SparsePruneStep? {
    let data = dataUse(statement)
    var clauses = PruneClauses()
    for clause in statement.body?.clauses ?? [] { read(clause, into: &clauses, data: data) }
    noteMeantClauses(of: statement, in: &clauses)
    checkSettings(of: statement, for: types(statement.arguments))
    let body = statement.body.map { ownSettings($0, of: types(statement.arguments)) }
    let unit = plugin(.unit, of: statement, body: body) as? any SparseUnit
    let hasPattern = statement.body?.settings.contains { $0.name.text == "pattern" } ?? false
    if !clauses.meant.contains("by") {
      report(.missingClause("a criterion: `by NAME`", of: "prune"), at: statement.keyword.span)
    }
    if clauses.meant.isDisjoint(with: ["remove", "down"]), !hasPattern {
      let amount = "an amount: `remove 50%`, or `pattern = 2:4`"
      report(.missingClause(amount, of: "prune"), at: statement.keyword.span)
    }
    if let clause = clauses.rescoringClause {
      let message =
        "single weights go at once; write one `prune` after the other, with more each time"
      report(.inconsistent("rescore", message, with: nil), at: clause.span)
    }
    if let clause = clauses.searchClause {
      let message =
        "single weights are too many to search; search `attention_head`, `mlp_channel` or `block`"
      report(.inconsistent("search", message, with: nil), at: clause.span)
    }
    for clause in [clauses.gradualClause, clauses.recoverClause].compactMap(\.self) {
      let message =
        "single weights go at once; write `recover` after the `prune`: it holds the zeros"
      report(.inconsistent(clause.keyword.text, message, with: nil), at: clause.span)
    }
    guard let unit else { return nil }
    let percent = share(clauses, unit)
    let allocation = proportional(clauses)
    let repair = onlyRepair(clauses)
    checkThatSharesMatter(clauses, unit)
    guard let found = clauses.criterion, let clause = clauses.criterionClause else { return nil }
    checkThatItFits(found.criterion, unit, at: clause)
    checkThatLevelFits(clauses, unit, by: found.criterion)
    for (clause, step) in clauses.repairs { checkThatItFits(step.repair, unit, at: clause) }
    guard let criterion = found.criterion as? any SaliencyCriterion, let allocation,
      percent != nil || unit.pattern != nil
    else { return nil }
    let refinement = onlyRefinement(clauses)
    let isApart = refinement?.refiner.needsOwnPass ?? false
    guard
      checkThatDataAgrees(
        isApart
          ? [("refiner", refinement?.data), ("repair", repair?.data)]
          : [("criterion", found.data), ("refiner", refinement?.data), ("repair", repair?.data)],
        at: (clauses.repairs.map(\.clause) + clauses.refinements.map(\.clause)).first ?? clause
      )
    else { return nil }
    var refining: RefineStep?
    if isApart, let (_, refiner, data) = refinement, let data {
      let setting = RefiningSetting(unit, by: refiner, repairedBy: repair?.repair)
      refining = RefineStep(setting: setting, data: data)
    }
    return SparsePruneStep(
      setting: SparseSetting(
        unit,
        by: criterion,
        refinedBy: isApart ? nil : refinement?.refiner,
        repairedBy: isApart ? nil : repair?.repair
      ),
      refining: refining,
      percent: unit.pattern == nil ? percent : nil,
      keep: clauses.keep(plus: found.plus),
      allocation: allocation,
      allocationData: clauses.allocationData,
      data: found.data ?? (isApart ? nil : refinement?.data ?? repair?.data),
      amountSpan: clauses.amountClause?.span ?? statement.span,
      keepSpan: clauses.keepSpan,
      span: statement.span
    )
  }

  /// Reports parts of one pass that are given different data; whether they agree.
  private mutating func checkThatDataAgrees(
    _ uses: [(part: String, data: String?)],
    at clause: Statement
  ) -> Bool {
    let named = uses.filter { $0.data != nil }
    guard let first = named.first, let other = named.first(where: { $0.data != first.data }) else {
      return true
    }
    let message = "\(first.part) and \(other.part) look at a block together, so at the same data"
    report(.inconsistent(clause.keyword.text, message, with: nil), at: clause.span)
    return false
  }

  /// The share that goes; nil after a report, and where a pattern alone says it.
  private mutating func share(_ clauses: PruneClauses, _ unit: any SparseUnit) -> Number? {
    guard let amount = clauses.amount, let clause = clauses.amountClause else { return nil }
    guard case .percentOfUnits(let percent) = amount else {
      var message = "single weights go as a share of all of them: `remove 50%`"
      switch amount {
      case .percentOfMemory, .downToMemory:
        message = "zeros stay stored, so no memory is saved; \(message)"
      default: break
      }
      report(.inconsistent(clause.keyword.text, message, with: nil), at: clause.span)
      return nil
    }
    if let pattern = unit.pattern, abs(pattern.percent - percent.double) > 1e-9 {
      let message =
        "`pattern = \(pattern.literalText)` removes \(rounded(pattern.percent))%, not "
        + "\(percent.text)%; leave `remove` out, or write another pattern"
      report(.inconsistent("remove", message, with: nil), at: clause.span)
      return nil
    }
    return percent
  }

  /// What divides the share among blocks: `uniform` where a recipe names nothing; nil after a report.
  private mutating func proportional(_ clauses: PruneClauses) -> (any ProportionalAllocation)? {
    guard let clause = clauses.allocateClause else {
      return registry.plugin(.allocation, named: "uniform")?.init() as? any ProportionalAllocation
    }
    guard let allocation = clauses.allocation else { return nil }
    guard let proportional = allocation as? any ProportionalAllocation else {
      let message =
        "compares units that are cut out; to compare single weights of all blocks, write "
        + "`group = model`"
      report(
        .inconsistent("allocate", "`\(type(of: allocation).name)` \(message)", with: nil),
        at: clause.span
      )
      return nil
    }
    return proportional
  }

  /// Reports shares of blocks where something else decides what each block loses.
  private mutating func checkThatSharesMatter(_ clauses: PruneClauses, _ unit: any SparseUnit) {
    guard let clause = clauses.allocateClause, let allocation = clauses.allocation,
      type(of: allocation).name != "uniform"
    else { return }
    let message: String
    if let pattern = unit.pattern {
      message =
        "`pattern = \(pattern.literalText)` decides what each block loses; leave one of them out"
    } else if unit.group == .model {
      message =
        "with `group = model` one threshold decides what each block loses; leave one of them out"
    } else {
      return
    }
    report(.inconsistent("allocate", message, with: nil), at: clause.span)
  }

  /// Reports shares of single matrices where matrices are compared with each other.
  private mutating func checkThatLevelFits(
    _ clauses: PruneClauses,
    _ unit: any SparseUnit,
    by criterion: any Criterion
  ) {
    guard let clause = clauses.allocateClause,
      let allocation = clauses.allocation as? any ProportionalAllocation, allocation.isOfMatrices,
      unit.pattern == nil,
      let group = unit.group ?? (criterion as? any SaliencyCriterion)?.group,
      group == .module || group == .block
    else { return }
    let message =
      "`\(type(of: allocation).name)` gives each matrix a share of its own, but `group = \(group)` "
      + "compares matrices with each other: write `level = block`, or `group = matrix`"
    report(.inconsistent("allocate", message, with: nil), at: clause.span)
  }

  /// The one repair; nil where there is none, and after a report.
  private mutating func onlyRepair(_ clauses: PruneClauses) -> RepairStep? {
    if clauses.repairs.count > 1 {
      let message = "each repair of single weights adjusts all that stay, so only one is of use"
      report(
        .inconsistent("repair", message, with: clauses.repairs[0].clause.span),
        at: clauses.repairs[1].clause.span
      )
    }
    return clauses.repairs.first?.step
  }

  /// The one refiner; nil where there is none, and after a report.
  private mutating func onlyRefinement(
    _ clauses: PruneClauses
  ) -> (clause: Statement, refiner: any Refiner, data: String?)? {
    if clauses.refinements.count > 1 {
      let message = "each refiner begins with the mask of the criterion, so only one is of use"
      report(
        .inconsistent("refine", message, with: clauses.refinements[0].clause.span),
        at: clauses.refinements[1].clause.span
      )
    }
    return clauses.refinements.first
  }

  /// `refine NAME [on DATA] [{ … }]`.
  mutating func refiner(
    _ clause: Statement,
    data inherited: DataUse
  ) -> (refiner: any Refiner, data: String?)? {
    let own = dataUse(clause)
    guard let refiner = plugin(.refiner, of: clause) as? any Refiner else { return nil }
    guard !refiner.evidence.isEmpty else {
      refuseData(clause)
      return (refiner, nil)
    }
    switch clause.dataset == nil ? inherited : own {
    case .named(let data): return (refiner, data)
    case .faulty: return nil
    case .none:
      let span = clause.arguments.first?.span ?? clause.keyword.span
      let known = scope.dataKeys.keys.sorted()
      report(.noData(for: type(of: refiner).name, known: known), at: span)
      return nil
    }
  }
}
