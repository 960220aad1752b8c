import BillhookRecipe
@testable import BillhookRunner
import TestSupport
import Testing

/// The line of progress, and the time in it.
@Suite struct ChangingLineTests {
  private func text(_ steering: String) -> String {
    steering.replacing(#/\u{1B}\[[0-9]*[A-Z]/#, with: "").replacing("\r", with: "")
  }

  /// Whatever the stage is called and however narrow the window, the line leaves its last column free.
  @Test func itFits() {
    var random = SplitMix64(seed: 9)
    let parts = ["evaluate", "日本語", "😀", "e\u{301}", "perplexity", " ", "a"]
    for _ in 0..<3000 {
      let name = (0..<Int.random(in: 0...20, using: &random))
        .map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      let width = Int.random(in: 1...120, using: &random)
      var line = ChangingLine()
      let shown = text(
        line.replacing(with: name, " 42 %, 12 s left (step 3 of 9)", within: width)
      )
      #expect(shown.cells <= max(0, width - 1))
    }
  }

  @Test func whatIsSaidGoesBeforeTheName() {
    var line = ChangingLine()
    let shown = line.replacing(with: "evaluate perplexity on wikitext", " 42 %", within: 24)
    #expect(text(shown) == "evaluate perplexi… 42 %")
  }

  /// A narrower window breaks the line that stands there; all of its parts are taken away.
  @Test func aNarrowerWindow() {
    var line = ChangingLine()
    _ = line.replacing(with: String(repeating: "x", count: 68), "", within: 80)
    #expect(line.clearing(within: 30) == "\u{1B}[2A\r\u{1B}[J")
    // Then nothing stands there.
    #expect(line.clearing(within: 30) == "\r\u{1B}[J")
    _ = line.replacing(with: String(repeating: "日", count: 28), "", within: 80)
    #expect(line.clearing(within: 30) == "\u{1B}[1A\r\u{1B}[J")
    _ = line.replacing(with: "short", "", within: 80)
    #expect(line.replacing(with: "next", "", within: 40) == "\r\u{1B}[Jnext …")
  }
}
