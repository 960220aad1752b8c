extension Parser {
  /// Parses all statements of a file.
  mutating func file() -> [Statement] {
    var statements: [Statement] = []
    while true {
      switch current.kind {
      case .end: return statements
      case .newline: advance()
      case .comma:
        report(.commaBetweenStatements, at: advance().span)
      case .rightBrace, .rightBracket: unmatched()
      default:
        if case .clause(let statement)? = entry(in: .file) { statements.append(statement) }
      }
    }
  }

  /// Parses `{ entry, entry … }`; the current token is the `{`.
  mutating func body() -> Body {
    guard depth < Self.depthLimit else { return tooDeepBody() }
    depth += 1
    defer { depth -= 1 }
    let opening = advance()
    var entries = Entries()
    var mayHaveComma = false
    while true {
      switch current.kind {
      case .rightBrace:
        let closing = advance()
        return Body(entries: entries.all, span: opening.span.through(closing.span))
      case .end:
        reportOpenBrace(opening)
        return Body(entries: entries.all, span: opening.span.through(current.span))
      case .newline: advance()
      case .comma:
        let comma = advance()
        if !mayHaveComma { report(.strayComma, at: comma.span) }
        mayHaveComma = false
      case .rightBracket: unmatched()
      default:
        if let entry = entry(in: .body) { append(entry, to: &entries) }
        mayHaveComma = true
      }
    }
  }

  /// Parses one statement or setting up to its separator; nil where it could not be read.
  private mutating func entry(in enclosure: Enclosure) -> Entry? {
    var entry: Entry?
    do throws(Derailed) {
      entry = try entryWithoutEnd(in: enclosure)
      try separator(in: enclosure, isAfterValue: entry?.endsWithValue ?? true)
    } catch {
      resynchronise(in: enclosure)
    }
    return entry
  }

  private mutating func entryWithoutEnd(in enclosure: Enclosure) throws(Derailed) -> Entry? {
    guard case .word(let text) = current.kind else { throw derail { .expectedEntry($0) } }
    let word = Word(text: text, span: current.span)
    let isDefinition = text == "let" || text == "data"
    guard token(at: index + 1).kind == .equals, enclosure == .body || !isDefinition else {
      return .clause(try statement())
    }
    advance()
    advance()
    if enclosure == .file {
      let start = SourceSpan(start: word.span.start, end: word.span.start)
      let fix = Fix(span: start, replacement: "let ")
      report(.settingOutsideBraces(text), at: word.span, fix: fix)
    }
    let value = try value()
    guard enclosure == .body else { return nil }
    return .setting(Setting(name: word, value: value, span: word.span.through(value.span)))
  }

  /// Checks that an entry ends here; a word here is taken for the start of the next entry.
  private mutating func separator(in enclosure: Enclosure, isAfterValue: Bool) throws(Derailed) {
    let problem = { found in
      SyntaxProblem.missingSeparator(
        found,
        isInBraces: enclosure == .body,
        isAfterValue: isAfterValue
      )
    }
    switch current.kind {
    case .newline, .end, .comma, .rightBrace: return
    case .rightBracket:
      unmatched()
      throw Derailed()
    case .leftBrace where isAfterValue:
      throw derail { _ in .bodyNotAllowed }
    case .word(let text):
      let gap = SourceSpan(start: previous.span.end, end: previous.span.end)
      // `on` begins no entry, so a comma before it would mend nothing.
      let fix = enclosure == .body && text != "on" ? Fix(span: gap, replacement: ",") : nil
      report(problem(found), at: current.span, fix: fix)
    default:
      throw derail(problem)
    }
  }

  private mutating func append(_ entry: Entry, to entries: inout Entries) {
    if case .setting(let setting) = entry {
      if let first = entries.names[setting.name.text] {
        report(.duplicateSetting(setting.name.text, first: first), at: setting.name.span)
      } else {
        entries.names[setting.name.text] = setting.name.span
      }
    }
    entries.all.append(entry)
  }

  private mutating func unmatched() {
    report(.unmatchedClosing(text(of: current)), at: current.span)
    advance()
  }

  /// Reports a `{` without its `}`, once.
  ///
  /// Braces around an open one are open for the same reason, and a `}` that an open string
  /// swallowed is not missing.
  private mutating func reportOpenBrace(_ opening: Token) {
    defer { openBraceIsReported = true }
    let isSwallowed = openStrings.contains { string in
      string.start > opening.span.start && source.text(in: string).utf8.contains(UInt8(ascii: "}"))
    }
    if !openBraceIsReported, !isSwallowed { report(.openBrace, at: opening.span) }
  }

  private mutating func tooDeepBody() -> Body {
    let opening = current.span
    report(.tooDeep(limit: Self.depthLimit), at: opening)
    if let closing = brackets.closing[index] {
      index = closing
      advance()
    } else {
      openBraceIsReported = true
      index = tokens.count - 1
    }
    return Body(entries: [], span: opening.through(previous.span))
  }
}

/// The entries of a body as they are collected, and the first position of each setting.
private struct Entries {
  var all: [Entry] = []
  var names: [String: SourceSpan] = [:]
}

extension Entry {
  /// Whether the entry takes one value and nothing after it.
  fileprivate var endsWithValue: Bool {
    switch self {
    case .setting: true
    case .clause(let statement): statement.keyword.text == "let"
    }
  }
}
