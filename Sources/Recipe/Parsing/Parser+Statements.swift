extension Parser {
  /// Parses a statement without its separator; the current token is the keyword.
  mutating func statement() throws(Derailed) -> Statement {
    let keyword = try word { .expectedEntry($0) }
    switch keyword.text {
    case "let": return try definition(keyword)
    case "data": return try data(keyword)
    default:
      let arguments = try arguments(of: keyword)
      let dataset = try dataset()
      let body = bodyOfStatement()
      return statement(keyword, arguments: arguments, dataset: dataset, body: body)
    }
  }

  /// Parses `let NAME = value`.
  private mutating func definition(_ keyword: Word) throws(Derailed) -> Statement {
    let name = try definedName(keyword)
    let value = try value()
    return statement(keyword, name: name, arguments: [value])
  }

  /// Parses `data NAME = plugin {argument} [{ … }]`.
  private mutating func data(_ keyword: Word) throws(Derailed) -> Statement {
    let name = try definedName(keyword)
    switch current.kind {
    case .word, .variable: break
    default: throw derail { .expectedPlugin($0) }
    }
    let arguments = try arguments(of: keyword)
    if current.kind == .word("on") { throw derail { _ in .datasetNotAllowed } }
    return statement(keyword, name: name, arguments: arguments, body: bodyOfStatement())
  }

  private mutating func definedName(_ keyword: Word) throws(Derailed) -> Word {
    let name = try word { .expectedName(keyword: keyword.text, $0) }
    guard current.kind == .equals else {
      throw derail { .expectedEquals(keyword: keyword.text, name: name.text, $0) }
    }
    advance()
    return name
  }

  private mutating func word(
    orElse problem: (SyntaxProblem.Found) -> SyntaxProblem
  ) throws(Derailed) -> Word {
    guard case .word(let text) = current.kind else { throw derail(problem) }
    return Word(text: text, span: advance().span)
  }

  private mutating func arguments(of keyword: Word) throws(Derailed) -> [Value] {
    var arguments: [Value] = []
    while true {
      switch current.kind {
      case .word("on") where !arguments.isEmpty || previous.kind != .equals: return arguments
      case .leftBrace, .newline, .end, .comma, .rightBrace, .rightBracket: return arguments
      case .equals where keyword.text == "each" && arguments.count == 1:
        arguments.append(try equalsInEach())
      case .equals: throw equalsAmongArguments()
      default: arguments.append(try value())
      }
    }
  }

  /// Reports an `=` in the place of the `in` of `each NAME in LIST`, and takes it for that.
  private mutating func equalsInEach() throws(Derailed) -> Value {
    guard case .word(let name) = previous.kind else { throw equalsAmongArguments() }
    let span = advance().span
    report(.equalsInEach(name), at: span, fix: Fix(span: span, replacement: "in"))
    return Value(kind: .word("in"), span: span)
  }

  /// Reports an `=` among arguments, as in `by ppl rank = 8`, at the name where there is one.
  private mutating func equalsAmongArguments() -> Derailed {
    guard case .word(let name) = previous.kind else {
      return derail { _ in .settingAfterArguments(nil) }
    }
    report(.settingAfterArguments(name), at: previous.span.through(current.span))
    return Derailed()
  }

  /// Parses `on DATASET`, and checks that only braces follow it.
  private mutating func dataset() throws(Derailed) -> Value? {
    guard current.kind == .word("on") else { return nil }
    advance()
    switch current.kind {
    case .word, .variable: break
    default: throw derail { .expectedDataset($0) }
    }
    let dataset = try value()
    switch current.kind {
    case .leftBrace, .newline, .end, .comma, .rightBrace, .rightBracket: return dataset
    default: throw derail { .unexpectedAfterDataset($0) }
    }
  }

  private mutating func bodyOfStatement() -> Body? {
    if current.kind == .newline, token(at: index + 1).kind == .leftBrace {
      advance()
      report(.braceOnNextLine, at: current.span)
    }
    return current.kind == .leftBrace ? body() : nil
  }

  private func statement(
    _ keyword: Word,
    name: Word? = nil,
    arguments: [Value],
    dataset: Value? = nil,
    body: Body? = nil
  ) -> Statement {
    Statement(
      keyword: keyword,
      name: name,
      arguments: arguments,
      dataset: dataset,
      body: body,
      span: keyword.span.through(body?.span ?? previous.span)
    )
  }
}
