import BillhookCore
import Testing
import TestSupport

/// Where tokens end in their text: at the end of the text, in order, with the text of each.
@Suite struct TokenPlaceTests {
  @Test(
    arguments: [
      "Once upon a time", "a\n\nHello", " two  spaces ", "Grüße, 世界 🙂", "<s>a</s> b", "", "\t\n x",
      "</s>\n\n<s> again",
    ]
  )
  func endsAreThoseOfTheText(text: String) throws {
    let tokenizer = try Tokenizer(contentsOf: "\(Fixture.tinyModel)/tokenizer.json")
    let ids = tokenizer.encode(text, addingSpecialTokens: false)
    let bytes = Array(text.utf8)
    let ends = try #require(tokenizer.ends(of: ids, in: bytes))
    #expect(ends.count == ids.count && ends == ends.sorted() && ends.last ?? 0 == bytes.count)
    // The text up to a place where a word begins has the tokens up to there.
    for (index, end) in ends.enumerated() where end < bytes.count && bytes[end] == 0x20 {
      let part = String(decoding: bytes[..<end], as: UTF8.self)
      #expect(tokenizer.encode(part, addingSpecialTokens: false) == Array(ids[...index]))
    }
  }

  @Test func otherTextHasNoPlaces() throws {
    let tokenizer = try Tokenizer(contentsOf: "\(Fixture.tinyModel)/tokenizer.json")
    let ids = tokenizer.encode("Once upon", addingSpecialTokens: false)
    #expect(tokenizer.ends(of: ids, in: Array("Twice upon".utf8)) == nil)
    #expect(tokenizer.ends(of: [1 << 20], in: []) == nil)
  }
}
