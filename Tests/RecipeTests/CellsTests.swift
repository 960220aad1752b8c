import TestSupport
import Testing

@testable import BillhookRecipe

/// How wide text is on a terminal, and how it is cut and broken there.
@Suite struct CellsTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｱ", 1), ("한", 2), ("❤", 1),
    ("❤\u{FE0F}", 2), ("😀", 2), ("\u{301}", 0), ("a\u{200B}b", 2), ("ﷺ", 1),
  ])
  func widths(text: String, cells: Int) {
    #expect(text.cells == cells)
  }

  @Test(arguments: [
    ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
    ("abc", 1, "…"), ("abc", 0, ""), ("", 0, ""),
  ])
  func clipping(text: String, width: Int, clipped: String) {
    #expect(text.clipped(toCells: width) == clipped)
  }

  @Test func linesAreBrokenAtSpaces() {
    #expect("one two three".wrapped(toCells: 8) == ["one two", "three"])
    #expect("one two three".wrapped(toCells: 8, indent: "  ") == ["one two", "  three"])
    #expect("abcdefghij kl".wrapped(toCells: 6) == ["abcdef", "ghij", "kl"])
    #expect("a abcdefghij".wrapped(toCells: 6, indent: "  ") == ["a", "  abcd", "  efgh", "  ij"])
    #expect("日本語日本語".wrapped(toCells: 5) == ["日本", "語日", "本語"])
    #expect("".wrapped(toCells: 5) == [""])
  }

  /// Nothing is lost, nothing is too wide, and no number is broken that a line could hold.
  @Test func whateverTheText() {
    var random = SplitMix64(seed: 3)
    let words = [
      "a", "12.5", "perplexity", "日本語", "1,234,567", "😀", "e\u{301}e\u{301}", "", "x=[0]",
    ]
    for _ in 0..<2000 {
      let count = Int.random(in: 0..<12, using: &random)
      let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }
        .joined(separator: " ")
      let width = Int.random(in: 10...40, using: &random)
      let lines = text.wrapped(toCells: width, indent: "  ")
      #expect(lines.allSatisfy { $0.cells <= width }, "\(lines)")
      let parts = lines.flatMap { $0.split(separator: " ") }
      // A word of ten letters may be broken after an indent of two.
      if width >= 12 { #expect(parts == text.split(separator: " "), "\(lines)") }
      #expect(parts.joined() == text.split(separator: " ").joined())
      #expect(text.clipped(toCells: width).cells <= width)
    }
  }
}
