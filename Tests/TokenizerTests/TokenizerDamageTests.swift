import Testing

@testable import BillhookFiles
@testable import BillhookTokenizer

/// Files in which one member is something else: an error or a tokenizer, but never a trap.
@Suite struct TokenizerDamageTests {
  private static let values: [JSON] = [
    nil, true, -1, 1e30, "", "▁", [], [[]], [:], [1, "a", nil], ["a": 1], "\u{0}",
  ]

  private static let normalizer: JSON = [
    "type": "Sequence",
    "normalizers": [
      ["type": "NFKC"], ["type": "Strip", "strip_left": true, "strip_right": false],
      ["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "],
    ],
  ]

  @Test(arguments: ["byte-level", "metaspace", "unigram"])
  func neverTraps(name: String) throws {
    let whole = try TokenizerFixture(name)
    // A small vocabulary is enough, and makes it possible to damage many members.
    var document = whole
    let pieces = ["<unk>", "a", "b", "ab", "▁", "▁a", "<0x41>"]
    if name == "unigram" {
      document.set(
        ["model", "vocab"],
        to: .array(pieces.map { [.string($0), -1.5] })
      )
      document.set(["normalizer"], to: Self.normalizer)
    } else {
      let members = pieces.enumerated().map { id, piece in
        JSON.Member(key: piece, value: .number(JSONNumber(id)))
      }
      document.set(["model", "vocab"], to: .object(members))
      document.set(["model", "merges"], to: [["a", "b"], ["▁", "a"]])
    }
    document.set(
      ["added_tokens"],
      to: [
        ["id": 7, "content": "<s>", "special": true], ["id": 1, "content": "a", "lstrip": true],
      ]
    )
    document.set(
      ["post_processor", "special_tokens"],
      to: ["<s>": ["ids": [7]], "</s>": ["ids": []]]
    )
    _ = try document.tokenizer()

    for path in paths(of: document.json) {
      for value in Self.values {
        var damaged = document
        damaged.set(path, to: value)
        guard let tokenizer = try? damaged.tokenizer() else { continue }
        let ids = tokenizer.encode("<s>  ab▁a\u{0}A é a<s>a", addingSpecialTokens: true)
        #expect(ids.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) })
        _ = tokenizer.decode(ids + [0, 1, 2, 3, 4, 5, 6, 7, 8], skippingSpecialTokens: true)
      }
    }
  }

  private func paths(of json: JSON) -> [[String]] {
    (json.members ?? []).flatMap { member in
      [[member.key]] + paths(of: member.value).map { [member.key] + $0 }
    }
  }
}
