import TestSupport
import Testing

@testable import BillhookTokenizer

@Suite struct WordMergerTests {
  /// Merges as the definition says, one pair at a time.
  private func merged(_ word: [Int32], by table: MergeTable) -> [Int32] {
    var word = word
    while true {
      let pairs = zip(word, word.dropFirst()).map { table.rank($0, $1) }
      guard let rank = pairs.min(), rank != MergeTable.none, let place = pairs.firstIndex(of: rank)
      else { return word }
      word.replaceSubrange(place...(place + 1), with: [table.result(rank)])
    }
  }

  @Test func mergesLongAndShortWordsAlike() {
    var numbers = SplitMix64(seed: 42)
    // Tokens are the strings over two letters, so every merge has its one result.
    var ids: [[Int32]: Int32] = [[0]: 0, [1]: 1]
    var strings: [[Int32]] = [[0], [1]]
    var table = MergeTable(capacity: 200)
    for _ in 0..<200 {
      guard let left = strings.randomElement(using: &numbers),
        let right = strings.randomElement(using: &numbers), left.count + right.count < 9
      else { continue }
      let joined = left + right
      let id = ids[joined] ?? Int32(strings.count)
      if ids[joined] == nil {
        ids[joined] = id
        strings.append(joined)
      }
      table.append(ids[left] ?? 0, ids[right] ?? 0, becomes: id)
    }

    var merger = WordMerger()
    for length in Array(0..<80) + [500, 3000] {
      let word = (0..<length).map { _ in Int32.random(in: 0...1, using: &numbers) }
      merger.symbols = word
      merger.merge(by: table) {}
      #expect(merger.symbols == merged(word, by: table))
    }
  }

  /// Each merge makes a word shorter and looks at two pairs, so there are three times its length.
  @Test(arguments: [1000, 10_000, 100_000])
  func theWorkGrowsAsTheWordDoes(length: Int) {
    var table = MergeTable(capacity: 20)
    for token in 0..<Int32(20) { table.append(token, token, becomes: token + 1) }
    var merger = WordMerger()
    merger.symbols = Array(repeating: 0, count: length)
    merger.merge(by: table) {}
    #expect(merger.symbols.count < 20)
    #expect(merger.lookups <= 3 * length)
  }

  @Test func aTextThatIsOneLongWordComesBack() throws {
    let tokenizer = try TokenizerFixture("metaspace").tokenizer()
    let text = String(repeating: "ba", count: 100_000)
    let ids = tokenizer.encode(text, addingSpecialTokens: false)
    #expect(tokenizer.decode(ids, skippingSpecialTokens: true) == text)
  }
}
