@testable import BillhookFiles
import Foundation
import TestSupport
import Testing

@testable import BillhookTokenizer

/// Segmentations that can be followed by hand, and what a unigram model may hold that is wrong.
@Suite struct UnigramTests {
  /// A tokenizer that is nothing but a unigram model.
  private func tokenizer(
    _ vocabulary: JSON,
    unknown: JSON = 0,
    usesBytes: Bool = false
  ) throws -> Tokenizer {
    let document: JSON = [
      "model": [
        "type": "Unigram", "unk_id": unknown, "vocab": vocabulary,
        "byte_fallback": .bool(usesBytes),
      ]
    ]
    return try Tokenizer(parsing: document.text().utf8, file: "t.json")
  }

  private static let letters: JSON = [
    ["<unk>", 0], ["a", -1], ["b", -1], ["ab", -2], ["bc", -1.5], ["c", -0.5], ["ba", -2],
  ]

  /// Of equal sums the one found first stays: that whose last piece begins further left.
  @Test(arguments: [
    ("ab", [3]), ("abc", [1, 4]), ("bab", [2, 3]), ("aab", [1, 3]), ("bc", [4]),
    ("abba", [3, 6]), ("", []),
  ])
  func takesTheHighestSum(text: String, ids: [Int]) throws {
    #expect(try tokenizer(Self.letters).encode(text, addingSpecialTokens: false) == ids)
  }

  /// Unknown characters side by side are one token, and so is the text of the unknown piece.
  @Test(arguments: [("xyz", [0]), ("axyb", [1, 0, 2]), ("x<unk>y", [0]), ("é", [0])])
  func unknownCharactersAreFused(text: String, ids: [Int]) throws {
    #expect(try tokenizer(Self.letters).encode(text, addingSpecialTokens: false) == ids)
  }

  /// x and y are unknown for 11 each, so together they are worth more than the piece that they are.
  @Test func unknownCharactersMayTogetherBeAPiece() throws {
    let tokenizer = try tokenizer([["<unk>", 21], ["xy", 21], ["a", 30]])
    #expect(tokenizer.encode("xy", addingSpecialTokens: false) == [1])
    #expect(tokenizer.encode("axya", addingSpecialTokens: false) == [2, 1, 2])
    #expect(tokenizer.encode("xyx", addingSpecialTokens: false) == [0])
  }

  /// Only where all bytes of a run are pieces.
  @Test func unknownCharactersAreBytes() throws {
    let vocabulary: JSON = [
      ["<unk>", 0], ["a", -1], ["<0xC3>", -2], ["<0xA9>", -2], ["<0x7A>", -2],
    ]
    let bytes = try tokenizer(vocabulary, usesBytes: true)
    #expect(bytes.encode("éaz", addingSpecialTokens: false) == [2, 3, 1, 4])
    #expect(bytes.encode("zé", addingSpecialTokens: false) == [4, 2, 3])
    #expect(bytes.encode("zx", addingSpecialTokens: false) == [0])
    let none = try tokenizer(vocabulary)
    #expect(none.encode("éaz", addingSpecialTokens: false) == [0, 1, 0])
  }

  /// The last of equal pieces is found, with its score; all of them count and have their text.
  @Test func piecesMayStandTwice() throws {
    let tokenizer = try tokenizer([["<unk>", 0], ["ab", -9], ["a", -1], ["b", -1], ["ab", -1]])
    #expect(tokenizer.encode("ab", addingSpecialTokens: false) == [4])
    #expect(tokenizer.id(of: "ab") == 4)
    #expect(tokenizer.token(of: 1) == "ab")
    #expect(tokenizer.vocabularySize == 5)
  }

  /// As the library reads it.
  @Test func aListOfPiecesNeedsNoType() throws {
    let document: JSON = ["model": ["unk_id": 0, "vocab": Self.letters]]
    let tokenizer = try Tokenizer(parsing: document.text().utf8, file: "t.json")
    #expect(tokenizer.encode("abc", addingSpecialTokens: false) == [1, 4])
  }

  private static let damages: [(vocabulary: JSON, unknown: JSON, says: String)] = [
    ([], 0, "`model.vocab`: is empty"),
    (["a": 0], 0, "`model.vocab`: found an object, supported: an array"),
    ([["a"]], 0, "`model.vocab[0]`: expected a piece and its score, as in [\"a\", -1.5]"),
    ([["a", 0], ["b", nil]], 0, "`model.vocab[1]`: expected a piece and its score"),
    ([["a", "0"]], 0, "`model.vocab[0]`: expected a piece and its score"),
    ([["a", 0, 1]], 0, "`model.vocab[0]`: expected a piece and its score"),
    ([[1, 0]], 0, "`model.vocab[0]`: expected a piece and its score"),
    (["a"], 0, "`model.vocab[0]`: expected a piece and its score"),
    (letters, 7, "`model.unk_id`: found 7, but the vocabulary has 7 pieces"),
    (letters, 1e18, "`model.unk_id`: found 1000000000000000000, but the vocabulary has 7 pieces"),
    (letters, -1, "`model.unk_id`: found -1, supported: a whole number from 0"),
    (letters, nil, "`model.unk_id`: found null, supported: the id of the piece for unknown"),
    (
      [["a", 0], [.string(String(repeating: "a", count: 1025)), 0]], 0,
      "`model.vocab[1]`: 1025 bytes, supported: at most 1024"
    ),
  ]

  @Test(arguments: damages.indices)
  func namesTheMemberAtFault(index: Int) {
    let damage = Self.damages[index]
    let error = #expect(throws: TokenizerError.self) {
      try tokenizer(damage.vocabulary, unknown: damage.unknown)
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("t.json: \(damage.says)"), "\(text)")
  }

  /// JSON has no NaN; a number that is too large is none that could be added up.
  @Test(arguments: ["NaN", "1e400", "-1e999999999999999999999"])
  func scoresAreFinite(score: String) {
    let text = #"{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", \#(score)]]}}"#
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(parsing: text.utf8, file: "t.json")
    }
    let says = score == "NaN" ? "t.json: line 1" : "`model.vocab[0]`: the score \(score) is out"
    #expect(error?.description.contains(says) == true)
  }

  /// At each place so many pieces are looked at as begin there, and few places are kept.
  @Test(arguments: [1000, 100_000])
  func theWorkGrowsAsTheWordDoes(length: Int) {
    let letter = UInt8(ascii: "a")
    let pieces = [Array("<unk>".utf8)] + (1...8).map { Array(repeating: letter, count: $0) }
    let scores = pieces.indices.map { -Double($0) }
    var path = BestPath()
    var found: [Range<Int>] = []
    // Nothing can be settled within the run, and everything after it.
    let word = Array(repeating: letter, count: 100) + Array(repeating: 0x62, count: length)
    path.forEachPiece(
      of: word,
      0..<word.count,
      trie: PieceTrie(pieces),
      scores: scores,
      unknown: (0, -18)
    ) { part, _ in found.append(part) }
    #expect(path.steps <= 800)
    #expect(path.mostKept <= 101)
    #expect(found.first?.lowerBound == 0)
    #expect(found.last?.upperBound == word.count)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
  }

  @Test(arguments: ["unigram", "sentencepiece"])
  func aTextThatIsOneLongWordComesBack(name: String) throws {
    let tokenizer = try TokenizerFixture(name).tokenizer()
    let text = String(repeating: "ba", count: 50_000)
    let ids = tokenizer.encode(text, addingSpecialTokens: false)
    #expect(ids.count <= text.count / 2 + 1)
    #expect(tokenizer.decode(ids, skippingSpecialTokens: false) == text)
  }
}
