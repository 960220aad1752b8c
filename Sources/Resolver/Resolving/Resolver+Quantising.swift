import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  private static let quantisingClauses = ["by", "keep"]

  /// `quantise weight [on DATA] { by …, keep …, to = …, group = … }`.
  mutating func quantise(_ statement: Statement) -> QuantiseStep? {
    let before = diagnostics.count
    let data = lacksOn(statement.arguments.dropFirst()) ? .faulty : dataUse(statement)
    checkObject(of: statement)
    var settings = QuantisingSettings()
    configure(&settings, QuantisingSettings.parameters, from: statement.body, of: "quantise")
    if settings.targets.isEmpty {
      let message = "names no projection; leave it out for all seven"
      let place = span(of: "targets", in: statement.body) ?? statement.keyword.span
      report(.inconsistent("targets", message, with: nil), at: place)
    }
    var clauses = PruneClauses()
    var found: (quantiser: any Quantiser, data: String?)?
    var first: Statement?
    for clause in statement.body?.clauses ?? [] {
      let keyword = clause.keyword
      switch keyword.text {
      case "by":
        if let first {
          report(.repeated("`by`", first: first.keyword.span), at: keyword.span)
          continue
        }
        first = clause
        found = quantiser(clause, data: data)
      case "keep": keep(clause, in: &clauses)
      default:
        let known = Self.quantisingClauses
        report(.unknownClause(keyword.text, of: "quantise", known: known), at: keyword.span)
      }
    }
    if first == nil, statement.body?.settings.contains(where: { $0.name.text == "by" }) != true {
      report(
        .missingClause("what chooses the codes: `by NAME`", of: "quantise"),
        at: statement.keyword.span
      )
    }
    guard let found, diagnostics.count == before else { return nil }
    let quantising = Quantising(settings, by: found.quantiser, keep: clauses.keep(plus: false))
    return QuantiseStep(
      quantising,
      data: found.data,
      keepSpan: clauses.keepSpan,
      span: statement.span
    )
  }

  /// Reports anything but `weight` as what is quantised.
  private mutating func checkObject(of statement: Statement) {
    let keyword = statement.keyword
    if let first = statement.arguments.first, literal(first) == .word("weight") {
      let extra = Array(statement.arguments.dropFirst())
      return refuse(extra, of: keyword.text, after: "`weight`", takesData: true)
    }
    let complaint = Complaint(
      expected: "`weight`",
      argument: statement.arguments.isEmpty ? nil : 0,
      note: "only the weights of projections are quantised, not what runs through them"
    )
    report(complaint, of: keyword.text, at: keyword.span, statement.arguments)
  }

  /// `by NAME [on DATA] [{ … }]` in `quantise`.
  private mutating func quantiser(
    _ clause: Statement,
    data inherited: DataUse
  ) -> (quantiser: any Quantiser, data: String?)? {
    let own = dataUse(clause)
    guard let quantiser = plugin(.quantiser, of: clause) as? any Quantiser else { return nil }
    guard !quantiser.evidence.isEmpty else {
      if let value = clause.dataset {
        report(.misplacedData(of: type(of: quantiser).name), at: value.span)
      }
      return (quantiser, nil)
    }
    switch clause.dataset == nil ? inherited : own {
    case .named(let data): return (quantiser, data)
    case .faulty: return nil
    case .none:
      let place = clause.arguments.first?.span ?? clause.keyword.span
      let known = scope.dataKeys.keys.sorted()
      report(.noData(for: type(of: quantiser).name, known: known), at: place)
      return nil
    }
  }
}
