import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// `gradual` and `recover` in a `prune`: units go while the model is trained.
extension Resolver {
  mutating func readTraining(
    _ clause: Statement,
    into clauses: inout PruneClauses,
    data: DataUse
  ) {
    let keyword = clause.keyword
    let first = keyword.text == "gradual" ? clauses.gradualClause : clauses.recoverClause
    if let first {
      return report(.repeated("`\(keyword.text)`", first: first.keyword.span), at: keyword.span)
    }
    if keyword.text == "gradual" {
      clauses.gradualClause = clause
      clauses.schedule = schedule(clause)
    } else {
      clauses.recoverClause = clause
      clauses.training = training(clause, data: data)
    }
  }

  /// `gradual RAMP [{ … }]`; nil after a report.
  private mutating func schedule(_ clause: Statement) -> PruningSchedule? {
    let before = diagnostics.count
    refuseData(clause)
    var schedule = PruningSchedule()
    let parameters = PruningSchedule.parameters
    configure(&schedule, parameters, from: clause.body, of: "gradual")
    refuseClauses(clause.body, of: "gradual", known: parameters.map(\.name))
    let arguments = clause.arguments
    let curve = arguments.first.flatMap { literal($0) }
    if arguments.count == 1, let ramp = curve.flatMap(PruningSchedule.Ramp.init) {
      schedule.ramp = ramp
    } else if arguments.count != 1 || curve != nil {
      let one = arguments.count > 1 ? "only one curve" : "a curve"
      var complaint = Complaint(
        expected: "\(one), \(PruningSchedule.Ramp.expectation)",
        argument: arguments.isEmpty ? nil : min(1, arguments.count - 1)
      )
      if arguments.count == 1, case .word(let word)? = curve {
        complaint.suggestion = Suggestion.closest(to: word, among: PruningSchedule.Ramp.choices)
      }
      complaint.note = arguments.lazy.compactMap(Self.separation).first
      report(complaint, of: "gradual", at: clause.keyword.span, arguments)
    }
    return diagnostics.count == before ? schedule : nil
  }

  /// `recover NAME [on DATA] [{ … }]` in a `prune`; nil after a report.
  private mutating func training(_ clause: Statement, data inherited: DataUse) -> RecoverStep? {
    let own = dataUse(clause)
    guard let recovery = plugin(.recovery, of: clause) as? any Recovery else { return nil }
    switch clause.dataset == nil ? inherited : own {
    case .named(let data): return RecoverStep(recovery: recovery, data: data, span: clause.span)
    case .faulty: return nil
    case .none:
      let span = clause.arguments.first?.span ?? clause.keyword.span
      let known = scope.dataKeys.keys.sorted()
      report(.noData(for: type(of: recovery).name, known: known), at: span)
      return nil
    }
  }

  /// Reports what units cannot have that go in a training, and half of what a training needs.
  mutating func checkTraining(_ clauses: PruneClauses) {
    if let clause = clauses.gradualClause, !clauses.meant.contains("recover") {
      let message =
        "units go while the model is trained, so it needs a training: add `recover lora`"
      report(.inconsistent("gradual", message, with: nil), at: clause.span)
    }
    if let clause = clauses.recoverClause, !clauses.meant.contains("gradual") {
      let message =
        "inside `prune` it trains while units go, little by little: add `gradual cubic`; a `recover` "
        + "after the `prune` trains what is left"
      report(.inconsistent("recover", message, with: nil), at: clause.span)
    }
    guard let gradual = clauses.gradualClause else { return }
    if let clause = clauses.rescoringClause {
      let message = "with `gradual` units are scored in every step of the training; leave it out"
      report(.inconsistent("rescore", message, with: gradual.span), at: clause.span)
    }
    if let clause = clauses.searchClause {
      let message =
        "with `gradual` the scores of the training decide what goes; leave one of them out"
      report(.inconsistent("search", message, with: gradual.span), at: clause.span)
    }
    for (clause, _) in clauses.repairs {
      let message =
        "with `gradual` the training itself adjusts what stays, and a repair would undo that by what it "
        + "measured before; leave it out"
      report(.inconsistent("repair", message, with: gradual.span), at: clause.span)
    }
    if clauses.namesUnits {
      let message = "the units are named, so no score of a training decides what goes"
      report(
        .inconsistent("gradual", message, with: clauses.amountClause?.span),
        at: gradual.span
      )
    }
  }

  /// Reports a criterion that scores in a training, where there is none.
  mutating func checkThatItNeedsNoTraining(_ criterion: any Criterion, at clause: Statement) {
    guard criterion is any UpdateCriterion else { return }
    let name = type(of: criterion).name
    let message =
      "scores units while the model is trained; write a `prune` with `gradual cubic` and `recover lora`"
    report(
      .inconsistent(name, message, with: nil),
      at: clause.arguments.first?.span ?? clause.keyword.span
    )
  }
}
