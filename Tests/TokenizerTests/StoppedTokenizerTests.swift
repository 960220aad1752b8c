@testable import BillhookFiles
import BillhookTokenizer
import Testing

/// A long text can be left off in the middle, whether it is many words or a single one.
@Suite struct StoppedTokenizerTests {
  private struct Enough: Error {}

  @Test(
    arguments: ["byte-level", "metaspace", "unsplit", "unigram"],
    ["a word and another ", "words"]
  )
  func tellsHowFarItIsAndStops(name: String, part: String) throws {
    let tokenizer = try TokenizerFixture(name).tokenizer()
    let text = String(repeating: part, count: 600_000 / part.utf8.count)
    var shares: [Double] = []
    let ids = tokenizer.encode(text, addingSpecialTokens: false) { shares.append($0) }
    #expect(ids == tokenizer.encode(text, addingSpecialTokens: false))
    // A word in which little merges is told of once, at its end.
    #expect(shares.count >= (part.contains(" ") ? 2 : 1) && shares == shares.sorted(), "\(shares)")
    #expect(shares.allSatisfy { 0...1 ~= $0 })
    for limit in [1, shares.count] {
      var calls = 0
      #expect(throws: Enough.self) {
        _ = try tokenizer.encode(text, addingSpecialTokens: false) { _ in
          calls += 1
          if calls == limit { throw Enough() }
        }
      }
      #expect(calls == limit)
    }
  }
}
