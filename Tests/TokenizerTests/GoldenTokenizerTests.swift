import BillhookCore
import Foundation
import Testing

/// Compares with what the `tokenizers` library made of the same texts with the same files; see
/// `Scripts/golden_tokenizers.py` and `Scripts/golden_unigrams.py`.
@Suite struct GoldenTokenizerTests {
  @Test(arguments: [
    ("byte-level", "byte-level"), ("metaspace", "metaspace"), ("unsplit", "unsplit"),
    ("composed", "unsplit"), ("published", "unsplit"), ("one-word", "metaspace"),
    ("unigram", "unigram"), ("sentencepiece", "sentencepiece"),
  ])
  func givesTheIdsOfTheLibrary(name: String, tokenizer: String) throws {
    let document = try TokenizerFixture(tokenizer)
    let golden = try JSON(parsing: TokenizerFixture.data("\(name).golden"))
    let texts = try #require(golden["texts"]?.array).compactMap(\.string)

    for result in try #require(golden["results"]?.array) {
      let variant = try #require(result["variant"]?.string)
      var changed = document
      for change in try #require(result["changes"]?.array) {
        let path = try #require(change.array?.first?.array).compactMap(\.string)
        changed.set(path, to: try #require(change.array?.last))
      }
      let tokenizer = try changed.tokenizer()
      let template = try #require(result["template"]?.array).compactMap(\.int)
      #expect(tokenizer.beginningToken == template.first)

      let cases = try #require(result["cases"]?.array)
      #expect(cases.count == texts.count)
      for (text, expected) in zip(texts, cases) {
        let parts = try #require(expected.array)
        let ids = try #require(parts[0].array).compactMap(\.int)
        let whole = template.prefix(1) + ids + template.dropFirst()
        let place: Comment = "\(variant): \(text.debugDescription)"
        #expect(tokenizer.encode(text, addingSpecialTokens: false) == ids, place)
        #expect(tokenizer.encode(text, addingSpecialTokens: true) == Array(whole), place)
        let kept = tokenizer.decode(Array(whole), skippingSpecialTokens: false)
        #expect(JSON.string(kept) == parts[1], place)
        let skipped = tokenizer.decode(Array(whole), skippingSpecialTokens: true)
        #expect(JSON.string(skipped) == parts[2], place)
      }
    }
  }

  @Test(arguments: ["byte-level", "metaspace"])
  func readsBothWaysOfWritingMerges(name: String) throws {
    var document = try TokenizerFixture(name)
    let merges = try #require(document.json["model"]?["merges"]?.array)
    let joined = merges.map { merge in
      JSON.string((merge.array ?? []).compactMap(\.string).joined(separator: " "))
    }
    let pairs = try document.tokenizer()
    document.set(["model", "merges"], to: .array(["#version: 0.2"] + joined))
    let strings = try document.tokenizer()
    for text in ["Baresota unest, don't naïve 日本語\n", "solo  big one 1999"] {
      #expect(
        pairs.encode(text, addingSpecialTokens: true)
          == strings.encode(text, addingSpecialTokens: true)
      )
    }
  }

  /// As the first files of GPT-2 are.
  @Test func aModelWithMergesNeedsNoType() throws {
    var document = try TokenizerFixture("byte-level")
    let typed = try document.tokenizer()
    document.set(["model", "type"], to: nil)
    document.set(["model", "continuing_subword_prefix"], to: "")
    let ids = try document.tokenizer().encode("Baresota 1999", addingSpecialTokens: true)
    #expect(ids == typed.encode("Baresota 1999", addingSpecialTokens: true))
  }

  @Test func answersAboutTokens() throws {
    let tokenizer = try TokenizerFixture("byte-level").tokenizer()
    #expect(tokenizer.id(of: "<s>") == 0)
    #expect(tokenizer.token(of: 1) == "</s>")
    #expect(tokenizer.isSpecial(0))
    #expect(!tokenizer.isSpecial(5))
    #expect(tokenizer.id(of: "not a token") == nil)
    for id in 0..<tokenizer.vocabularySize {
      let token = try #require(tokenizer.token(of: id))
      #expect(tokenizer.id(of: token) == id)
    }
    for id in [-1, tokenizer.vocabularySize, .max, .min] {
      #expect(tokenizer.token(of: id) == nil)
      #expect(tokenizer.decode([id, 40, id], skippingSpecialTokens: true).count == 1)
    }
  }
}
