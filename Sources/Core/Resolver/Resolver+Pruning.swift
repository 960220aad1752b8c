import BillhookRecipe

extension Resolver {
  /// The clauses of `prune`.
  static let pruneClauses = ["by", "remove", "down", "keep"]

  /// `score UNIT [on DATA] { by … }`, with one step for each criterion.
  mutating func scores(_ statement: Statement) -> [ScoreStep] {
    let unit = plugin(.unit, of: statement, usingBody: false) as? any PruningUnit
    let data = dataName(statement)
    refuseSettings(statement)
    let clauses = statement.body?.clauses ?? []
    for clause in clauses where clause.keyword.text != "by" {
      report(.unknownClause(clause.keyword.text, of: "score"), at: clause.keyword.span)
    }
    let criteria = clauses.filter { $0.keyword.text == "by" }
    if criteria.isEmpty {
      report(.missingClause("a criterion: `by NAME`", of: "score"), at: statement.keyword.span)
    }
    return criteria.compactMap { clause in
      guard let found = criterion(clause, data: data), let unit else { return nil }
      return ScoreStep(
        unit: unit,
        criterion: found.criterion,
        data: found.data,
        span: clause.span
      )
    }
  }

  /// `prune UNIT [on DATA] { by …, remove …, keep … }`
  mutating func prune(_ statement: Statement) -> PruneStep? {
    let unit = plugin(.unit, of: statement, usingBody: false) as? any PruningUnit
    let data = dataName(statement)
    refuseSettings(statement)
    var by: (clause: Statement, found: (criterion: any Criterion, data: String?, plus: Bool)?)?
    var amount: (clause: Statement, amount: Amount?)?
    var keep: Keep?
    for clause in statement.body?.clauses ?? [] {
      switch clause.keyword.text {
      case "by":
        if let by {
          report(.repeated("`by`", first: by.clause.keyword.span), at: clause.keyword.span)
        } else {
          by = (clause, criterion(clause, data: data))
        }
      case "remove", "down":
        if let amount {
          report(
            .repeated("the amount", first: amount.clause.keyword.span),
            at: clause.keyword.span
          )
        } else {
          amount = (clause, self.amount(clause))
        }
      case "keep":
        guard let rule = self.keep(clause) else { continue }
        keep = keep.map { $0.adding(rule) } ?? rule
      default:
        report(.unknownClause(clause.keyword.text, of: "prune"), at: clause.keyword.span)
      }
    }
    if by == nil {
      report(.missingClause("a criterion: `by NAME`", of: "prune"), at: statement.keyword.span)
    }
    if amount == nil {
      report(
        .missingClause("an amount: `remove 6` or `down to 26`", of: "prune"),
        at: statement.keyword.span
      )
    }
    guard let unit, let found = by?.found, let amount, let asked = amount.amount else {
      return nil
    }
    let scoring = ScoreStep(
      unit: unit,
      criterion: found.criterion,
      data: found.data,
      span: statement.span
    )
    return PruneStep(
      scoring: scoring,
      amount: asked,
      keep: Self.keep(keep, plus: found.plus),
      amountSpan: amount.clause.span
    )
  }

  /// What is kept: the rule, with the `+` of a criterion unless `keep none` switches it off.
  private static func keep(_ rule: Keep?, plus: Bool) -> Keep {
    guard plus, rule != Keep() else { return rule ?? Keep() }
    return rule?.adding(.plus) ?? .plus
  }

  private mutating func refuseSettings(_ statement: Statement) {
    for setting in statement.body?.settings ?? [] {
      report(
        .unknownSetting(setting.name.text, of: statement.keyword.text, known: []),
        at: setting.name.span
      )
    }
  }

  /// `by NAME [on DATA] [{ … }]`; a `+` behind the name keeps the first four and last two blocks.
  private mutating func criterion(
    _ clause: Statement,
    data inherited: String?
  ) -> (criterion: any Criterion, data: String?, plus: Bool)? {
    guard let first = clause.arguments.first, let written = name(first) else {
      report(.wrongArguments(of: "by", expected: "the name of a criterion"), at: clause.span)
      return nil
    }
    let plus = written.hasSuffix("+")
    let data = clause.dataset == nil ? inherited : dataName(clause)
    let found = plugin(
      .criterion,
      named: plus ? String(written.dropLast()) : written,
      at: first.span,
      arguments: Array(clause.arguments.dropFirst()),
      body: clause.body,
      suffix: plus ? "+" : ""
    )
    guard let criterion = found as? any Criterion else { return nil }
    if !criterion.evidence.isEmpty, data == nil {
      if clause.dataset == nil { report(.noData(for: written), at: first.span) }
      return nil
    }
    return (criterion, criterion.evidence.isEmpty ? nil : data, plus)
  }

  // MARK: Amounts

  private static let amounts =
    "`6`, `20%`, `20% of parameters`, `[10, 13]`; or `down to 26`, `down to 5.5B parameters`"

  private mutating func amount(_ clause: Statement) -> Amount? {
    let literals = clause.arguments.compactMap { literal($0) }
    guard literals.count == clause.arguments.count else { return nil }
    if let amount = clause.keyword.text == "remove"
      ? Self.removed(literals) : Self.remaining(literals)
    {
      return amount
    }
    report(
      .wrongArguments(of: clause.keyword.text, expected: "an amount: \(Self.amounts)"),
      at: clause.span
    )
    return nil
  }

  private static func removed(_ literals: [Literal]) -> Amount? {
    switch (literals.first, Array(literals.dropFirst())) {
    case (.number(let number), []):
      return number.integer.flatMap { $0 >= 0 ? .units($0) : nil }
    case (.percentage(let share), []):
      return (0...100).contains(share.double) ? .percentOfUnits(share) : nil
    case (.percentage(let share), [.word("of"), .word("parameters")]):
      return (0...100).contains(share.double) ? .percentOfParameters(share) : nil
    case (.list(let list), []):
      return numbers(list).map(Amount.exactly)
    default:
      return nil
    }
  }

  private static func remaining(_ literals: [Literal]) -> Amount? {
    guard literals.first == .word("to"), literals.count > 1 else { return nil }
    switch (literals[1], Array(literals.dropFirst(2))) {
    case (.number(let number), []):
      return number.integer.flatMap { $0 >= 0 ? .downToUnits($0) : nil }
    case (.number(let number), [.word("parameters")]):
      return number.double >= 0 ? .downToParameters(number, unit: "") : nil
    case (.quantity(let number, let unit), [.word("parameters")]):
      guard Amount.parameterUnits[unit] != nil, number.double >= 0 else { return nil }
      return .downToParameters(number, unit: unit)
    default:
      return nil
    }
  }

  private static func numbers(_ list: [Literal]) -> [Int]? {
    let numbers = list.compactMap(Int.init).filter { $0 >= 0 }
    return numbers.count == list.count ? numbers : nil
  }

  // MARK: What is kept

  private mutating func keep(_ clause: Statement) -> Keep? {
    var literals = clause.arguments.compactMap { literal($0) }[...]
    guard literals.count == clause.arguments.count else { return nil }
    if literals == [.word("none")] { return Keep() }
    var keep = Keep()
    while let part = literals.popFirst() {
      switch (part, literals.first.flatMap(Int.init)) {
      case (.word("first"), let count?) where count >= 0: keep.first = count
      case (.word("last"), let count?) where count >= 0: keep.last = count
      case (.list(let list), _):
        guard let numbers = Self.numbers(list) else { return reportKeep(clause) }
        keep.numbers.formUnion(numbers)
        continue
      default: return reportKeep(clause)
      }
      literals.removeFirst()
    }
    return clause.arguments.isEmpty ? reportKeep(clause) : keep
  }

  private mutating func reportKeep(_ clause: Statement) -> Keep? {
    report(
      .wrongArguments(
        of: "keep",
        expected: "`first N`, `last M`, block numbers as in `[3, 7]`, or `none`"
      ),
      at: clause.span
    )
    return nil
  }
}
