@testable import BillhookFiles
import TestSupport
import Testing

@testable import BillhookTokenizer

@Suite struct PieceTrieTests {
  /// Compares with looking at every piece at every place.
  @Test func findsAllPiecesThatBeginAtAPlace() {
    var numbers = SplitMix64(seed: 7)
    func word(_ length: ClosedRange<Int>, _ letters: UInt8) -> [UInt8] {
      (0..<Int.random(in: length, using: &numbers)).map { _ in
        UInt8.random(in: 0..<letters, using: &numbers)
      }
    }
    for letters in [2, 40, 255] as [UInt8] {
      // Some stand twice, and some are empty.
      let pieces = (0..<400).map { _ in word(0...6, letters) } + [[0], [0], []]
      let trie = PieceTrie(pieces)
      for _ in 0..<50 {
        let text = word(1...12, letters) + (pieces.randomElement(using: &numbers) ?? [])
        for start in text.indices {
          let expected = (1...(text.count - start)).compactMap { length in
            pieces.lastIndex { $0 == Array(text[start..<(start + length)]) }
          }
          var found: [Int] = []
          trie.forEachPrefix(of: text, start..<text.count) { end, piece in
            found.append(Int(piece))
            #expect(end == start + pieces[Int(piece)].count)
          }
          #expect(found == expected)
        }
      }
    }
  }

  @Test func nothingIsFoundInNothing() {
    PieceTrie([]).forEachPrefix(of: [1, 2], 0..<2) { _, _ in Issue.record("found something") }
    PieceTrie([[1]]).forEachPrefix(of: [1], 1..<1) { _, _ in Issue.record("found something") }
  }
}
