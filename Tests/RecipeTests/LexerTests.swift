import Testing

@testable import BillhookRecipe

@Suite struct LexerTests {
  private func tokens(_ text: String) -> [String] {
    Lexer.lex(SourceText(name: "test", text: text)).tokens.map { token in
      "\(token.span.start)-\(token.span.end) \(describe(token.kind))"
    }
  }

  private func describe(_ kind: Token.Kind) -> String {
    switch kind {
    case .word(let word): "word \(word)"
    case .variable(let name): "variable \(name)"
    case .number(let number): "number \(number.text)"
    case .percentage(let number): "percentage \(number.text)"
    case .quantity(let number, let unit): "quantity \(number.text) \(unit)"
    case .ratio(let left, let right): "ratio \(left) \(right)"
    case .string(let parts): "string \(parts.count)"
    default: "\(kind)"
    }
  }

  @Test func offsetsCountBytes() {
    #expect(
      tokens("let k = 6 # six\n\n  by \"ä\" x") == [
        "0-3 word let", "4-5 word k", "6-7 equals", "8-9 number 6", "15-16 newline",
        "19-21 word by", "22-26 string 1", "27-28 word x", "28-28 end",
      ]
    )
  }

  @Test func punctuationNeedsNoSpace() {
    #expect(
      tokens("a{[1..2],$b}") == [
        "0-1 word a", "1-2 leftBrace", "2-3 leftBracket", "3-4 number 1", "4-6 dots",
        "6-7 number 2", "7-8 rightBracket", "8-9 comma", "9-11 variable b", "11-12 rightBrace",
        "12-12 end",
      ]
    )
  }

  @Test(arguments: [
    ("6", "number 6"), ("-0.5", "number -0.5"), ("1e-4", "number 1e-4"),
    ("1E+4", "number 1E+4"), ("64_000", "number 64000"), ("1_0.2_5", "number 10.25"),
    ("20%", "percentage 20"), ("-12.5%", "percentage -12.5"), ("4GB", "quantity 4 GB"),
    ("10min", "quantity 10 min"), ("5.5B", "quantity 5.5 B"), ("2e", "quantity 2 e"),
    ("5E", "quantity 5 E"), ("5exa", "quantity 5 exa"), ("1e3B", "quantity 1e3 B"),
    ("2:4", "ratio 2 4"), ("taylor+", "word taylor+"), ("_a-b_1", "word _a-b_1"),
    ("$my-cut", "variable my-cut"), ("true", "word true"),
  ])
  func readsOneToken(text: String, expected: String) {
    #expect(
      tokens(text) == [
        "0-\(text.utf8.count) \(expected)", "\(text.utf8.count)-\(text.utf8.count) end",
      ]
    )
  }

  @Test(arguments: [
    "64_", "6__4", "5.", "1.2.3", "0x10", "4GB2", "2:", "2.5:4", "-2:4", "2:4:6", "20%x", "1e5-",
    "6$x", "1_e3", "5._1",
  ])
  func refusesWhatIsNoNumber(text: String) {
    let lexed = Lexer.lex(SourceText(name: "test", text: text))
    #expect(lexed.diagnostics.map(\.code) == [SyntaxCode.malformedNumber.rawValue])
    #expect(lexed.tokens.map(\.kind) == [.invalid, .end])
  }

  @Test func stringsHaveParts() {
    let text = #""a\"\\\n\t$$ $k-x ${my-k}$k""#
    guard case .string(let parts)? = Lexer.lex(SourceText(name: "", text: text)).tokens.first?.kind
    else {
      Issue.record("not a string")
      return
    }
    #expect(
      parts == [
        .text("a\"\\\n\t$ "), .variable("k", SourceSpan(start: 13, end: 15)), .text("-x "),
        .variable("my-k", SourceSpan(start: 18, end: 25)),
        .variable("k", SourceSpan(start: 25, end: 27)),
      ]
    )
  }

  @Test func keepsComments() {
    let recipe = parse("# one\r\nlet a = 1 # two ä\r\n#").recipe
    #expect(recipe.comments.map(\.text) == ["# one", "# two ä", "#"])
    #expect(recipe.comments.map(\.span.start) == [0, 17, 27])
  }

  @Test func acceptsMarksAndLineEnds() {
    #expect(parse("\u{FEFF}let a = 1\r\n\r\nlet b = 2").diagnostics.isEmpty)
    #expect(parse("\u{FEFF}let a = 1\r\nlet b = 2").recipe.dump == ["(let @a 1)", "(let @b 2)"])
    #expect(parse("").recipe.statements.isEmpty)
    #expect(codes("let a = 1\rlet b = 2") == ["E0003"])
  }
}
