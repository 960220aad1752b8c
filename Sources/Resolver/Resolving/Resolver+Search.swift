import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// `search NAME [on DATA] [{ …, evaluate NAME [on DATA] [{ … }] }]`.
  mutating func search(_ clause: Statement, data inherited: DataUse) -> SearchStep? {
    let own = dataUse(clause)
    let measuring = clause.body?.clauses.filter { $0.keyword.text == "evaluate" } ?? []
    let body = clause.body.map { body in
      let entries = body.entries.filter { entry in
        if case .clause(let clause) = entry { clause.keyword.text != "evaluate" } else { true }
      }
      return Body(entries: entries, span: body.span)
    }
    for other in body?.clauses ?? [] {
      let word = other.keyword.text
      guard Suggestion.closest(to: word, among: ["evaluate"]) != nil else { continue }
      report(.unknownClause(word, of: "search", known: ["evaluate"]), at: other.keyword.span)
      return nil
    }
    let search = plugin(.search, of: clause, body: body) as? any Search
    let data = clause.dataset == nil ? inherited : own
    if let first = measuring.first {
      for other in measuring.dropFirst() {
        report(.repeated("`evaluate`", first: first.keyword.span), at: other.keyword.span)
      }
      guard let fitness = fitness(first, data: data), let search else { return nil }
      return SearchStep(search: search, by: fitness)
    }
    guard let search else { return nil }
    switch data {
    case .named(let data): return SearchStep(search: search, data: data)
    case .faulty: return nil
    case .none:
      let span = clause.arguments.first?.span ?? clause.keyword.span
      let known = scope.dataKeys.keys.sorted()
      report(.noData(for: type(of: search).name, known: known), at: span)
      return nil
    }
  }

  /// `evaluate NAME [on DATA] [{ … }]` in a search: what candidates are compared by.
  private mutating func fitness(_ clause: Statement, data inherited: DataUse) -> EvaluateStep? {
    guard let evaluation = plugin(.evaluation, of: clause) as? any Evaluation else { return nil }
    let (name, form) = (type(of: evaluation).name, type(of: evaluation).dataForm)
    let own = dataUse(clause, taking: form, for: name)
    if let evaluation = evaluation as? any ModelEvaluation {
      guard !type(of: evaluation).isOfMachine else {
        let message =
          "depends on the machine and its clock, so the same search would find something else the next "
          + "time; compare candidates by `perplexity`"
        report(.inconsistent(name, message, with: nil), at: clause.span)
        return nil
      }
      refuseData(clause, of: name)
      return EvaluateStep(evaluation: evaluation, data: nil, span: clause.span)
    }
    switch clause.dataset == nil ? inherited : own {
    case .named(let key):
      if clause.dataset == nil, let step = data[key], isUnfitting(step, for: form) {
        let message = unfitting(step, for: form)
        report(.inconsistent(name, message, with: step.span), at: clause.span)
        return nil
      }
      return EvaluateStep(evaluation: evaluation, data: key, span: clause.span)
    case .faulty: return nil
    case .none:
      let span = clause.arguments.first?.span ?? clause.keyword.span
      report(.noData(for: name, known: scope.dataKeys.keys.sorted()), at: span)
      return nil
    }
  }

  /// Whether a `prune` has a search that can choose among units which have parameters in common.
  func searchesOverlappingUnits(_ statement: Statement) -> Bool {
    let clause = statement.body?.clauses.first { $0.keyword.text == "search" }
    let found = clause.map { types($0.arguments.prefix(1), of: .search) } ?? []
    return (found.first?.init() as? any Search)?.searchesOverlappingUnits ?? false
  }

  /// Reports what a search leaves nothing to decide for, or what leaves nothing to a search.
  mutating func checkThatSearchDecides(_ clauses: PruneClauses) {
    guard let clause = clauses.searchClause else { return }
    func report(_ message: String, with other: SourceSpan?) {
      self.report(.inconsistent("search", message, with: other), at: clause.span)
    }
    if let rounds = clauses.rescoringClause {
      report(
        "the search evaluates choices as a whole, so there are no rounds; leave `rescore` out",
        with: rounds.span
      )
    }
    if let allocation = clauses.allocateClause {
      report(
        "the search decides what each block loses; leave `allocate` out",
        with: allocation.span
      )
    }
    if case .exactly? = clauses.amount {
      report(
        "the units are named, so nothing is left to search",
        with: clauses.amountClause?.span
      )
    }
    if clauses.criterion?.criterion.choosesNeighbours == true {
      report(
        "the units go together, so nothing is left to search; use another criterion",
        with: clauses.criterionClause?.span
      )
    }
  }

  /// Reports units and amounts that a search cannot be given.
  mutating func checkThatItFits(
    _ search: any Search,
    _ units: [any PruningUnit],
    _ amount: Amount,
    at clause: Statement
  ) {
    check(units, search, search.granularities, at: clause)
    guard units.count > 1 else { return }
    let message: String
    switch amount {
    case .percentOfParameters, .downToParameters, .percentOfMemory, .downToMemory, .exactly: return
    case .percentOfUnits:
      let overlap = units.indices.contains { index in
        units[..<index].contains { $0.granularity.overlaps(units[index].granularity) }
      }
      guard overlap else { return }
      message =
        "some of the units are parts of others, so they share a budget of parameters; write "
        + "`remove 20% of parameters` or `down to 5.5B parameters`"
    case .units, .downToUnits:
      message =
        "several kinds of units are searched; write `remove 20%` for a share of each, or "
        + "`20% of parameters`"
    }
    report(
      .inconsistent("search", "`\(type(of: search).name)`: \(message)", with: nil),
      at: clause.span
    )
  }
}
