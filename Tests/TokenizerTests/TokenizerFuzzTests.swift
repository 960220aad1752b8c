import BillhookCore
import TestSupport
import Testing

/// What holds for any text: no trap, ids that exist, and the same text again.
@Suite struct TokenizerFuzzTests {
  private static let pools: [[ClosedRange<UInt32>]] = [
    [0x00...0x7F], [0x20...0x7E, 0x09...0x0D], [0x80...0x5FF, 0x20...0x40],
    [0x900...0x1FFF], [0x2000...0x206F, 0x61...0x7A], [0x3000...0x30FF, 0x4E00...0x9FFF],
    [0x1F300...0x1FAFF, 0x200D...0x200D, 0xFE0F...0xFE0F], [0x0...0x10FFFF], [0xE000...0x10FFFF],
  ]

  /// Tokenizers that lose nothing, by what was changed in the fixture.
  private func tokenizers() throws -> [Tokenizer] {
    let golden = try JSON(parsing: TokenizerFixture.data("unsplit.golden"))
    var tokenizers: [Tokenizer] = []
    for result in golden["results"]?.array ?? [] {
      guard result["variant"] != "parts left out", result["variant"] != "parts kept" else {
        continue
      }
      var document = try TokenizerFixture("unsplit")
      for change in result["changes"]?.array ?? [] {
        let path = (change.array?.first?.array ?? []).compactMap(\.string)
        document.set(path, to: try #require(change.array?.last))
      }
      document.set(["added_tokens"], to: [])
      tokenizers.append(try document.tokenizer())
    }
    #expect(tokenizers.count > 10)
    return tokenizers
  }

  @Test func anyTextSurvives() throws {
    var numbers = SplitMix64(seed: 11)
    for tokenizer in try tokenizers() {
      for pool in Self.pools {
        for _ in 0..<8 {
          let text = RandomText(pool).make(length: 0...60, &numbers)
          check(tokenizer, text)
        }
      }
      for run in [" ", "\n", "a", "A", "1", ".", "é", "\u{301}", "語", "\u{10FFFF}"] {
        check(tokenizer, String(repeating: run, count: 80) + "x")
      }
    }
  }

  private func check(_ tokenizer: Tokenizer, _ text: String) {
    let ids = tokenizer.encode(text, addingSpecialTokens: false)
    #expect(ids.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) })
    let again = tokenizer.decode(ids, skippingSpecialTokens: false)
    #expect(again.utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
  }

  /// Every code point below U+3100 and each hundredth above, assigned or not.
  @Test(arguments: ["unsplit", "metaspace"])
  func anyCodePointSurvives(name: String) throws {
    let tokenizer = try TokenizerFixture(name).tokenizer()
    let values = Array(0..<0x3100) + stride(from: 0x3100, through: 0x10FFFF, by: 101) + [0x10FFFF]
    let scalars = values.compactMap(Unicode.Scalar.init)
    for start in stride(from: 0, to: scalars.count, by: 50) {
      var text = "x"
      for scalar in scalars[start..<min(start + 50, scalars.count)] {
        text.unicodeScalars.append(scalar)
      }
      // The mark for a space is a space again.
      guard name != "metaspace" || !text.contains("▁") else { continue }
      check(tokenizer, text)
    }
  }
}
