extension Parser {
  /// Parses a value outside a list.
  mutating func value() throws(Derailed) -> Value {
    let value = try element()
    guard case .range = value.kind else { return value }
    let fix = Fix(span: value.span, replacement: "[\(source.text(in: value.span))]")
    report(.rangeOutsideList, at: value.span, fix: fix)
    return value
  }

  /// Parses a value that is the whole source.
  mutating func onlyValue() -> Value? {
    do throws(Derailed) {
      skipNewlines()
      let value = try value()
      skipNewlines()
      guard current.kind == .end else {
        throw derail { .missingSeparator($0, isInBraces: false, isAfterValue: true) }
      }
      return value
    } catch {
      return nil
    }
  }

  /// Parses a value or a range.
  private mutating func element() throws(Derailed) -> Value {
    guard current.kind != .leftBracket else { return try list() }
    let lower = try simpleValue()
    guard current.kind == .dots else { return lower }
    try checkBound(lower, text: previous)
    advance()
    let boundToken = current
    guard boundToken.kind != .leftBracket else { throw derail { .badRange($0) } }
    let upper = try simpleValue(orElse: { .badRange($0) })
    try checkBound(upper, text: boundToken)
    guard current.kind != .dots else { throw derail { .badRange($0) } }
    return Value(kind: .range(lower, upper), span: lower.span.through(upper.span))
  }

  /// The element of a list that a word for an end and the count after it make; nil for other elements.
  private mutating func end(_ word: Value) -> Value? {
    guard case .word(let text) = word.kind, let end = End(rawValue: text) else {
      return nil
    }
    switch current.kind {
    case .number, .variable:
      guard let kind = Value.Kind(current.kind) else { return nil }
      let count = Value(kind: kind, span: advance().span)
      return Value(kind: .end(end, count), span: word.span.through(count.span))
    default: return nil
    }
  }

  private mutating func checkBound(_ bound: Value, text token: Token) throws(Derailed) {
    switch bound.kind {
    case .number, .variable: return
    default:
      report(.badRange(.text(text(of: token))), at: bound.span)
      throw Derailed()
    }
  }

  private mutating func simpleValue(
    orElse problem: (SyntaxProblem.Found) -> SyntaxProblem = { .expectedValue($0) }
  ) throws(Derailed) -> Value {
    guard let kind = Value.Kind(current.kind) else { throw derail(problem) }
    return Value(kind: kind, span: advance().span)
  }

  /// Parses `[element, element …]`; the current token is the `[`.
  private mutating func list() throws(Derailed) -> Value {
    let opening = current
    guard depth < Self.depthLimit else {
      report(.tooDeep(limit: Self.depthLimit), at: opening.span)
      throw Derailed()
    }
    depth += 1
    defer { depth -= 1 }
    guard let closing = brackets.closing[index] else { return try openList() }
    advance()
    var elements: [Value] = []
    do throws(Derailed) {
      elements = try self.elements(upTo: closing)
    } catch {
      // An error inside a list does not reach beyond it.
      index = closing
    }
    let span = opening.span.through(advance().span)
    return Value(kind: .list(elements), span: span)
  }

  private mutating func elements(upTo closing: Int) throws(Derailed) -> [Value] {
    var elements: [Value] = []
    skipNewlines()
    while index < closing {
      guard current.kind != .comma else {
        report(.strayComma, at: current.span)
        throw Derailed()
      }
      let element = try element()
      elements.append(end(element) ?? element)
      skipNewlines()
      guard index < closing else { break }
      try listComma()
      skipNewlines()
    }
    return elements
  }

  private mutating func listComma() throws(Derailed) {
    guard current.kind != .comma else {
      advance()
      return
    }
    let last = lastElementEnd
    if current.kind == .invalid || isOpenString(endingAt: last) { throw Derailed() }
    let gap = SourceSpan(start: last, end: last)
    let isElement = current.kind == .leftBracket || Value.Kind(current.kind) != nil
    let fix = isElement ? Fix(span: gap, replacement: ",") : nil
    report(.missingListComma(found), at: current.span, fix: fix)
    throw Derailed()
  }

  private var lastElementEnd: Int {
    let last = previous.kind == .newline ? token(at: index - 2) : previous
    return last.span.end
  }

  /// Parses a list without its `]`: its elements are what is on the line that it starts on.
  private mutating func openList() throws(Derailed) -> Value {
    let opening = advance()
    while current.kind != .newline, current.kind != .end, current.kind != .rightBrace {
      guard current.kind != .leftBrace else { break }
      advance()
    }
    // An open string swallowed the end of the line, and perhaps the `]`.
    if !isOpenString(endingAt: previous.span.end) { report(.openList, at: opening.span) }
    throw Derailed()
  }
}

extension Value.Kind {
  /// The value that a single token stands for.
  fileprivate init?(_ token: Token.Kind) {
    switch token {
    case .word("true"): self = .boolean(true)
    case .word("false"): self = .boolean(false)
    case .word(let text): self = .word(text)
    case .variable(let name): self = .variable(name)
    case .number(let number): self = .number(number)
    case .percentage(let number): self = .percentage(number)
    case .quantity(let number, let unit): self = .quantity(number, unit: unit)
    case .ratio(let left, let right): self = .ratio(left, right)
    case .string(let parts): self = .string(parts)
    default: return nil
    }
  }
}
