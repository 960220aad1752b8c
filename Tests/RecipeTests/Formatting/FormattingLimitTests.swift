import Testing

@testable import BillhookRecipe

/// Large recipes, each chosen to make a formatter slow, deep or talkative.
@Suite struct FormattingLimitTests {
  static let large: [(name: String, text: String)] = [
    ("elements", "a [" + many("1,", 50_000) + "1]"),
    ("settings", nested("a {", many("b {}\n", 2_000), "}")),
    ("deep list", nested("a { b = [", many("1,", 10_000), "] }")),
    ("lists", "a " + many("[", 64) + many("1,", 20_000) + many("]", 64)),
    ("comments in a list", "a [" + many("# c\n1,", 20_000) + "]"),
    ("deep lines", many("b {\n", 64) + many("}", 64)),
    ("deep output", many("b {\n", 64) + many("a\n", 30_000) + many("}", 64)),
    ("comments", many("a 1 # é\n", 20_000)),
    ("string", "a \"" + many("é", 200_000) + "\" # é"),
  ]

  private static func many(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  private static func nested(_ opening: String, _ inside: String, _ closing: String) -> String {
    many("a { ", 60) + opening + inside + closing + many(" }", 60)
  }

  @Test(arguments: large.indices)
  func comesToAnEndSoon(index: Int) {
    let (name, text) = Self.large[index]
    let result = Recipe.parse(SourceText(name: name, text: text))
    #expect(result.diagnostics.isEmpty)
    let start = ContinuousClock.now
    let fault = formattingFault(result.recipe)
    #expect(fault == nil, "\(name): \(fault?.prefix(200) ?? "")")
    #expect(ContinuousClock.now - start < .seconds(20), "\(name)")
  }
}
