import TestSupport
import Testing

@testable import BillhookFiles
@testable import BillhookTokenizer

/// Tokenizers made to hang or to fill the memory: refused at the member that would do it.
@Suite struct TokenizerBombTests {
  private static func replace(_ pattern: String, _ content: String) -> JSON {
    ["type": "Replace", "pattern": ["String": .string(pattern)], "content": .string(content)]
  }

  static let bombs: [(path: [String], value: JSON, says: String)] = [
    (
      ["normalizer"],
      [
        "type": "Sequence",
        "normalizers": .array(Array(repeating: replace("a", "aaaaaaaaaa"), count: 30)),
      ],
      "`normalizer`: makes text more than 256 times longer"
    ),
    (
      ["normalizer"],
      ["type": "Prepend", "prepend": .string(String(repeating: "a", count: 9_000))],
      "`normalizer`: makes text more than 256 times longer"
    ),
    (
      ["normalizer"], replace("a", String(repeating: "b", count: 4_000)), "`normalizer`: makes text"
    ),
    (
      ["normalizer"],
      [
        "type": "Replace", "pattern": ["Regex": "a+"],
        "content": .string(String(repeating: "b", count: 4_000)),
      ],
      "`normalizer`: makes text"
    ),
    (
      ["normalizer"],
      ["type": "Sequence", "normalizers": .array(Array(repeating: ["type": "NFKC"], count: 9))],
      "`normalizer`: makes text"
    ),
    (
      ["normalizer"],
      // 1,048,576 units, as the first four bytes say, and as many bytes of zero as that takes.
      [
        "type": "Precompiled",
        "precompiled_charsmap": .string("AABAAAAA" + String(repeating: "A", count: 5_592_408)),
      ],
      "`normalizer.precompiled_charsmap`: found 1048576 units, supported: at most 262144"
    ),
    (
      ["decoder"],
      ["type": "Sequence", "decoders": .array(Array(repeating: replace("a", "aa"), count: 40))],
      "`decoder`: makes text more than 256 times longer"
    ),
    (
      ["decoder"],
      [
        "type": "Sequence",
        "decoders": .array(Array(repeating: ["type": "Fuse"], count: 9_000)),
      ],
      "`decoder.decoders`: found 9000 elements, supported: at most 64"
    ),
    (
      ["pre_tokenizer"],
      [
        "type": "Sequence",
        "pretokenizers": .array(
          Array(
            repeating: [
              "type": "Sequence", "pretokenizers": .array(Array(repeating: space, count: 9)),
            ],
            count: 9
          )
        ),
      ],
      "`pre_tokenizer.pretokenizers[1].pretokenizers[7]`: found more steps than 16"
    ),
    (
      ["post_processor", "single"], .array(Array(repeating: ["Sequence": ["id": "A"]], count: 500)),
      "`post_processor.single`: found 500 elements, supported: at most 256"
    ),
    (
      ["post_processor", "special_tokens", "<s>", "ids"],
      .array(Array(repeating: 0, count: 9_000)),
      "`post_processor.special_tokens.<s>.ids`: found 9000 elements"
    ),
    (
      ["model", "merges"], .array(Array(repeating: ["a", ""], count: 9_000)),
      "`model.merges[0]`: `` is not in the vocabulary"
    ),
    (
      ["model", "vocab"], ["a": 0, "b": 9_223_372_036_854_775_807],
      "`model.vocab.b`: found 9223372036854775807, supported: an id from 0 to 1025"
    ),
  ]

  private static let space: JSON = [
    "type": "Metaspace", "replacement": "_", "prepend_scheme": "always",
  ]

  @Test(arguments: bombs.indices)
  func bombsAreRefused(index: Int) throws {
    let bomb = Self.bombs[index]
    var document = try TokenizerFixture("byte-level")
    document.set(bomb.path, to: bomb.value)
    let error = #expect(throws: TokenizerError.self) { try document.tokenizer() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("tokenizer.json: \(bomb.says)"), "\(text)")
  }

  /// A run of tokens that each take the space around them is looked at once, not once for each.
  @Test func spaceIsNotLookedAtAgainForEachToken() throws {
    var document = try TokenizerFixture("byte-level")
    let tokens = (document.json["added_tokens"]?.array ?? []).filter { $0["content"] != "  " }
    let tab: JSON = ["id": 586, "content": "\t", "lstrip": true, "rstrip": true]
    document.set(["added_tokens"], to: .array(tokens + [tab]))
    let text = String(repeating: "\t", count: 100_000)
    let ids = try document.tokenizer().encode(text, addingSpecialTokens: false)
    #expect(ids == [586])
  }
}
