import Testing

@testable import BillhookRecipe

@Suite struct LimitTests {
  @Test func sizeIsLimited() {
    let comment = "#" + String(repeating: "x", count: 999_999)
    #expect(codes(comment).isEmpty)
    #expect(codes(comment + "x") == ["E0001"])
  }

  @Test func depthIsLimited() {
    func braces(_ count: Int) -> String {
      String(repeating: "a {", count: count) + String(repeating: "}", count: count)
    }
    func lists(_ count: Int) -> String {
      "a " + String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }
    #expect(codes(braces(64)).isEmpty)
    #expect(codes(braces(65)) == ["E0040"])
    #expect(codes(lists(64)).isEmpty)
    #expect(codes(lists(65)) == ["E0040"])
    #expect(codes(lists(65) + "\nlet a =") == ["E0040", "E0023"])
  }

  /// Each of these was chosen to make a parser slow, deep or talkative.
  @Test(arguments: [
    ("[", 100_000), ("a{", 50_000), ("a [", 33_000), ("a [\n", 25_000), ("{", 100_000),
    ("}", 16_000), ("a[\"\n", 20_000), ("'", 33_000), ("a[1\n", 20_000), ("[1,", 33_000),
  ])
  func hostileTextTakesLinearTime(piece: String, count: Int) {
    let source = SourceText(name: "hostile", text: String(repeating: piece, count: count))
    let result = Recipe.parse(source)
    #expect(result.hasErrors)
    let shown = DiagnosticRenderer(source: source).render(
      result.diagnostics,
      as: .text(color: true)
    )
    #expect(shown.utf8.count < 30_000)
  }

  @Test func aListIsScannedOnce() {
    let text = "a [1\n" + String(repeating: "1\n", count: 100_000) + "]"
    #expect(codes(text) == ["E0037"])
  }
}
