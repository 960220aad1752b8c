import BillhookModels
import Testing

/// A long text can be left off in the middle, whether it is many words or a single one.
@Suite struct StoppedTokenizerTests {
  private struct Enough: Error {}

  static let texts = [
    ("byte-level", String(repeating: "a word and another ", count: 60_000)),
    ("metaspace", String(repeating: "a word and another ", count: 60_000)),
    ("unsplit", String(repeating: "a word and another ", count: 60_000)),
    ("unsplit", String(repeating: "words", count: 200_000)),
  ]

  @Test(arguments: texts)
  func tellsHowFarItIsAndStops(name: String, text: String) throws {
    let tokenizer = try TokenizerFixture(name).tokenizer()
    var shares: [Double] = []
    let ids = tokenizer.encode(text, addingSpecialTokens: false) { shares.append($0) }
    #expect(ids == tokenizer.encode(text, addingSpecialTokens: false))
    #expect(shares.count >= 3 && shares == shares.sorted())
    #expect(shares.allSatisfy { 0...1 ~= $0 })
    for limit in 1...shares.count {
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
