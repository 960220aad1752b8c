import BillhookRecipe

extension Resolver {
  /// Numbers that a range may stand for.
  private static let longestRange = 10_000

  /// A value with its variables replaced; nil after a report.
  mutating func literal(_ value: Value) -> Literal? {
    switch value.kind {
    case .number(let number): return .number(number)
    case .percentage(let number): return .percentage(number)
    case .quantity(let number, let unit): return .quantity(number, unit: unit)
    case .ratio(let left, let right): return .ratio(left, right)
    case .boolean(let flag): return .boolean(flag)
    case .word(let word): return .word(word)
    case .variable(let name): return variable(name, at: value.span)
    case .string(let parts): return string(parts).map(Literal.string)
    case .list(let values): return list(values)
    case .range: return nil
    }
  }

  private mutating func variable(_ name: String, at span: SourceSpan) -> Literal? {
    guard let variable = variables[name] else {
      report(.unknownVariable(name, known: variables.keys.sorted()), at: span)
      return nil
    }
    variables[name]?.isUsed = true
    return variable.literal
  }

  private mutating func string(_ parts: [StringPart]) -> String? {
    var text = ""
    for part in parts {
      switch part {
      case .text(let piece): text += piece
      case .variable(let name, let span):
        guard let literal = variable(name, at: span) else { return nil }
        if case .string(let piece) = literal { text += piece } else { text += "\(literal)" }
      }
    }
    return text
  }

  private mutating func list(_ values: [Value]) -> Literal? {
    var literals: [Literal] = []
    for value in values {
      if case .range(let lower, let upper) = value.kind {
        guard let numbers = range(lower, upper, at: value.span) else { return nil }
        literals += numbers
      } else {
        guard let literal = literal(value) else { return nil }
        literals.append(literal)
      }
    }
    return .list(literals)
  }

  private mutating func range(
    _ lower: Value,
    _ upper: Value,
    at span: SourceSpan
  ) -> [Literal]? {
    guard let first = literal(lower), let last = literal(upper) else { return nil }
    let numbers = Int(first).flatMap { start in
      Int(last).flatMap { end -> [Number]? in
        guard 0 <= start, start <= end, end - start < Self.longestRange else { return nil }
        return (start...end).compactMap { Number(String($0)) }
      }
    }
    guard let numbers else {
      report(
        .wrongValue(
          setting: "..",
          expected: "two rising whole numbers",
          found: source.text(in: span)
        ),
        at: span
      )
      return nil
    }
    return numbers.map(Literal.number)
  }

  /// A name: a word, or a variable that holds one; nil after a report.
  mutating func name(_ value: Value) -> String? {
    switch literal(value) {
    case .word(let word): return word
    case nil: return nil
    case let other?:
      report(
        .wrongValue(setting: source.text(in: value.span), expected: "a name", found: "\(other)"),
        at: value.span
      )
      return nil
    }
  }

  /// The one argument of a statement that takes a path; nil after a report.
  mutating func path(_ statement: Statement, expected: String) -> String? {
    if statement.arguments.count == 1, case .string(let path) = literal(statement.arguments[0]),
      !path.isEmpty
    {
      return path
    }
    report(
      .wrongArguments(of: statement.keyword.text, expected: expected),
      at: statement.arguments.first?.span ?? statement.keyword.span
    )
    return nil
  }

  /// A path as it can be opened: relative ones start from the recipe's folder.
  func located(_ path: String) -> String {
    path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(path)"
  }

  mutating func report(_ problem: PlanProblem, at span: SourceSpan) {
    diagnostics.append(Diagnostic(problem, at: span))
  }
}
