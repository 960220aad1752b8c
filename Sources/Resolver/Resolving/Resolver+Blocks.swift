import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// The most steps that a recipe may have with all loops written out.
  static let mostSteps = 10_000

  /// `always { evaluate … }`: measures here, and after every `prune`, `quantise` and `recover` from here
  /// on.
  mutating func always(_ statement: Statement) {
    refuseData(statement)
    refuseArguments(of: statement)
    refuseSettings(statement.body, of: "always")
    var isThere = false
    for clause in statement.body?.clauses ?? [] {
      guard clause.keyword.text == "evaluate" else {
        let problem = RecipeProblem.unknownClause(
          clause.keyword.text,
          of: "always",
          known: ["evaluate"]
        )
        isThere = isThere || !problem.isElsewhere
        report(problem, at: clause.keyword.span)
        continue
      }
      isThere = true
      guard let step = evaluate(clause) else { continue }
      scope.always.append(step)
      add(step, at: clause.keyword.span)
    }
    if !isThere {
      report(
        .missingClause("something to measure: `evaluate NAME on DATA`", of: "always"),
        at: statement.keyword.span
      )
    }
  }

  /// `repeat N { … }`: the statements in braces, N times one after the other.
  mutating func repeats(_ statement: Statement) {
    refuseData(statement)
    guard let count = count(of: statement) else { return resolveOnce(statement) }
    guard requireBody(statement) else { return }
    for _ in 0..<count where !isFull {
      let before = stepCount
      within { $0.resolve(bodyOf: statement) }
      // What did nothing does nothing however often.
      if stepCount == before { break }
    }
  }

  /// `branch "NAME" { … }`: the statements in braces on the model as it stands, which stays.
  mutating func branch(_ statement: Statement) {
    refuseData(statement)
    var label: String?
    let arguments = statement.arguments
    if arguments.count == 1, let literal = literal(arguments[0]) {
      switch literal {
      case .string(let text) where !text.isEmpty: label = text
      case .word(let text): label = text
      default: break
      }
      if label == nil {
        let complaint = Complaint(expected: "a name in quotes", argument: 0)
        report(complaint, of: "branch", at: statement.keyword.span, arguments)
      }
    } else if arguments.count != 1 {
      let complaint = Complaint(
        expected: "one name in quotes",
        found: arguments.isEmpty ? nil : "\(arguments.count) values"
      )
      report(complaint, of: "branch", at: statement.keyword.span, [])
    }
    guard requireBody(statement) else { return }
    add(Branch(named: label ?? "branch"), of: statement)
  }

  /// `each NAME in […] { … }`: a branch for each value.
  mutating func each(_ statement: Statement) {
    refuseData(statement)
    let arguments = statement.arguments
    guard arguments.count == 3, case .word(let name) = arguments[0].kind,
      case .word("in") = arguments[1].kind
    else {
      let complaint = Complaint(
        expected: "a name, `in` and a list, as in `each cut in [3, 6] { … }`",
        found: arguments.isEmpty ? nil : Self.shown(arguments, in: recipe.source)
      )
      report(complaint, of: "each", at: statement.keyword.span, [])
      return
    }
    guard let values = values(of: arguments[2]), requireBody(statement) else { return }
    if let other = variables[name] {
      return report(.repeated("`$\(name)`", first: other.span), at: arguments[0].span)
    }
    var isUsed = false
    for value in values where !isFull {
      within {
        $0.scope.variables[name] = Variable(value: value, span: arguments[0].span, isOfLoop: true)
        $0.add(Branch(name, value.literal), of: statement)
        isUsed = isUsed || $0.variables[name]?.isUsed == true
      }
    }
    if !isUsed { unused.append((.unused("each", name: name), arguments[0].span)) }
  }

  // MARK: Parts

  private mutating func values(of value: Value) -> [MeasuredLiteral]? {
    guard let literal = literal(value) else { return nil }
    if case .list(let elements) = literal, !elements.isEmpty {
      return elements.map { MeasuredLiteral(literal: $0) }
    }
    let complaint = Complaint(expected: "a list with at least one value", argument: 0)
    report(complaint, of: "each", at: value.span, [value])
    return nil
  }

  private mutating func count(of statement: Statement) -> Int? {
    let arguments = statement.arguments
    let expected = "how often, a whole number from 1 to \(Self.mostSteps)"
    guard arguments.count == 1 else {
      let complaint = Complaint(
        expected: expected,
        found: arguments.isEmpty ? nil : Self.shown(arguments, in: recipe.source)
      )
      report(complaint, of: "repeat", at: statement.keyword.span, [])
      return nil
    }
    guard let literal = literal(arguments[0]) else { return nil }
    if let count = Int(literal), (1...Self.mostSteps).contains(count) { return count }
    let complaint = Complaint(expected: expected, argument: 0)
    report(complaint, of: "repeat", at: statement.keyword.span, arguments)
    return nil
  }

  private mutating func requireBody(_ statement: Statement) -> Bool {
    guard let body = statement.body else {
      let what = "statements in braces"
      report(.missingClause(what, of: statement.keyword.text), at: statement.keyword.span)
      return false
    }
    refuseSettings(body, of: statement.keyword.text)
    if body.entries.isEmpty {
      report(.missingClause("a statement", of: statement.keyword.text), at: body.span)
    }
    return true
  }

  private mutating func refuseArguments(of statement: Statement) {
    guard let first = statement.arguments.first else { return }
    let complaint = Complaint(
      expected: "nothing before its braces",
      found: Self.shown(statement.arguments, in: recipe.source)
    )
    report(complaint, of: statement.keyword.text, at: first.span, [])
  }

  private static func shown(_ values: [Value], in source: SourceText) -> String? {
    guard let first = values.first, let last = values.last else { return nil }
    return "`\(source.text(in: first.span.through(last.span)).shortened)`"
  }

  // MARK: Scopes

  /// Resolves the statements in braces, where what they define ends with them.
  private mutating func within(_ body: (inout Resolver) -> Void) {
    let outer = scope
    body(&self)
    endScope(outer)
  }

  /// Resolves the statements in braces only to report what is wrong in them.
  private mutating func resolveOnce(_ statement: Statement) {
    let outer = steps
    within { $0.resolve(bodyOf: statement) }
    steps = outer
  }

  private mutating func resolve(bodyOf statement: Statement) {
    for clause in statement.body?.clauses ?? [] { resolve(clause, isInside: true) }
  }

  private mutating func add(_ branch: Branch, of statement: Statement) {
    let outer = steps
    steps = []
    within { $0.resolve(bodyOf: statement) }
    let step = BranchStep(branch: branch, steps: steps, span: statement.keyword.span)
    steps = outer
    add(step, at: statement.keyword.span)
  }
}
