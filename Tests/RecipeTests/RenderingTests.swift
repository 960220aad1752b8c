import Testing

@testable import BillhookRecipe

@Suite struct RenderingTests {
  private func render(
    _ text: String,
    marking marked: String,
    _ format: DiagnosticRenderer.Format = .text(color: false),
    label: String? = nil,
    notes: [Note] = []
  ) -> String {
    let source = SourceText(name: "r.recipe", text: text)
    let prefix = text.firstRange(of: marked).map { text[..<$0.lowerBound].utf8.count } ?? 0
    let span = SourceSpan(start: prefix, end: prefix + marked.utf8.count)
    let diagnostic = Diagnostic(
      code: "E0102",
      message: "no criterion is named `wnada`",
      span: span,
      label: label,
      notes: notes
    )
    return DiagnosticRenderer(source: source).render([diagnostic], as: format)
  }

  @Test func showsLabelAndNotes() {
    let shown = render(
      "prune block {\n  by       wnada\n}",
      marking: "wnada",
      label: "did you mean `wanda`?",
      notes: [
        Note("criteria: magnitude, ppl"), Note("in this one", at: SourceSpan(start: 0, end: 5)),
      ]
    )
    #expect(
      shown == """
        error[E0102]: no criterion is named `wnada`
         --> r.recipe:2:12
          |
        2 |   by       wnada
          |            ^^^^^ did you mean `wanda`?
          = note: criteria: magnitude, ppl
        note: in this one
         --> r.recipe:1:1
          |
        1 | prune block {
          | -----

        """
    )
  }

  @Test(arguments: [
    ("\tby\twnada", "|     by  wnada", "|         ^^^^^", 5),
    ("\"👩‍👩‍👧\" wnada", "| \"👩‍👩‍👧\" wnada", "|      ^^^^^", 5),
    ("\"漢字\" wnada", "| \"漢字\" wnada", "|        ^^^^^", 6),
    ("\"e\u{301}\" wnada", "| \"e\u{301}\" wnada", "|     ^^^^^", 5),
    ("\"\u{1B}[2J\" wnada", "| \"\u{FFFD}[2J\" wnada", "|        ^^^^^", 8),
    ("by wnada\r\nx", "| by wnada", "|    ^^^^^", 4),
    ("\u{FEFF}by wnada", "| by wnada", "|    ^^^^^", 4),
  ])
  func caretsStandBelow(text: String, line: String, carets: String, column: Int) {
    let lines = render(text, marking: "wnada").split(separator: "\n").map(String.init)
    #expect(lines[1] == " --> r.recipe:1:\(column)")
    #expect(Array(lines[3].unicodeScalars) == Array("1 \(line)".unicodeScalars))
    #expect(lines[4] == "  \(carets)")
  }

  @Test func longLinesAreCutOff() {
    let pad = String(repeating: "ä ", count: 5_000)
    let lines = render("\(pad)wnada \(pad)", marking: "wnada").split(separator: "\n")
    let place = lines[3].split(separator: "wnada").first.map(\.count)
    #expect(lines.allSatisfy { $0.count < 250 })
    #expect(lines[4].split(separator: "^").first.map(\.count) == place)
  }

  @Test func longSpansShowTheirFirstLine() {
    let lines = render("a {\n b }", marking: "{\n b }").split(separator: "\n")
    #expect(lines[3...] == ["1 | a {", "  |   ^"])
  }

  @Test func shortIsOneLine() {
    #expect(
      render("a\nby wnada", marking: "wnada", .short)
        == "r.recipe:2:4: error: no criterion is named `wnada` [E0102]\n"
    )
  }

  @Test func jsonIsOneObjectALine() {
    let source = SourceText(name: "a\"b\n.recipe", text: "let a = .5")
    let shown = DiagnosticRenderer(source: source)
      .render(Recipe.parse(source).diagnostics, as: .json)
    let span =
      #"{"start":8,"end":10,"line":1,"column":9,"end_line":1,"end_column":11}"#
    #expect(
      shown == #"{"code":"E0006","severity":"error","#
        + #""message":"`.5` lacks a digit before its point","file":"a\"b\n.recipe","#
        + #""span":\#(span),"label":null,"notes":[],"#
        + #""fix":{"span":\#(span),"replacement":"0.5"}}"# + "\n"
    )
  }

  @Test func colorsLeaveTheTextAlone() {
    let colored = render("by wnada", marking: "wnada", .text(color: true))
    let codes = ["\u{1B}[1;31m", "\u{1B}[1;34m", "\u{1B}[1m", "\u{1B}[0m"]
    let plain = codes.reduce(colored) { text, code in
      text.split(separator: code, omittingEmptySubsequences: false).joined()
    }
    #expect(plain == render("by wnada", marking: "wnada"))
    #expect(plain != colored)
  }

  @Test func showsTwentyAtMostAndErrorsFirst() {
    let source = SourceText(name: "r.recipe", text: "")
    let span = SourceSpan(start: 0, end: 0)
    let warning = Diagnostic(code: "W1", severity: .warning, message: "w", span: span)
    let error = Diagnostic(code: "E1", message: "e", span: span)
    let all = Array(repeating: warning, count: 21) + [error]
    let renderer = DiagnosticRenderer(source: source)
    let lines = renderer.render(all, as: .short).split(separator: "\n")
    #expect(lines.count == 21)
    #expect(lines[19] == "r.recipe:1:1: error: e [E1]")
    #expect(lines[20] == "2 more problems are not shown")
    #expect(renderer.render(all, as: .json).hasSuffix("\n{\"more\":2}\n"))
    #expect(
      renderer.render(all, as: .text(color: false)).hasSuffix("\n\n2 more problems are not shown\n")
    )
    #expect(renderer.render([], as: .text(color: false)).isEmpty)
  }
}
