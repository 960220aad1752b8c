import Foundation
import Testing

@testable import BillhookFiles
@testable import BillhookTokenizer

/// What a file may hold that is wrong or not known: each is an error with the way to it.
@Suite struct TokenizerErrorTests {
  private static let changes: [([String], JSON, String)] = [
    (
      ["model", "type"], "WordPiece",
      "`model.type`: found \"WordPiece\", supported: \"BPE\", \"Unigram\""
    ),
    (["model", "dropout"], 0.1, "`model.dropout`: found 0.1, supported: null or 0"),
    (
      ["model", "end_of_word_suffix"], "</w>",
      "`model.end_of_word_suffix`: found \"</w>\", supported: null or \"\""
    ),
    (["model", "vocab"], [], "`model.vocab`: found an array, supported: an object"),
    (["model", "vocab"], ["a": 0, "b": 0], "`model.vocab.b`: `a` has the id 0 too"),
    (
      ["model", "vocab"], ["a": 9_000_000_000_000],
      "`model.vocab.a`: found 9000000000000, supported: an id from 0 to 1024"
    ),
    (["model", "vocab"], ["a": -1], "`model.vocab.a`: found -1, supported: an id from 0 to 1024"),
    (
      ["model", "merges"], [["b", "a"], ["b", "\u{1F642}\u{1F642}"]],
      "`model.merges[1]`: `\u{1F642}\u{1F642}` is not in the vocabulary"
    ),
    (
      ["model", "merges"], ["a b c"],
      "`model.merges[0]`: found \"a b c\", supported: \"left right\" or [\"left\", \"right\"]"
    ),
    (
      ["model", "merges"], [["a"]],
      "`model.merges[0]`: found an array, supported: \"left right\" or [\"left\", \"right\"]"
    ),
    (["model", "novelty"], true, "`model.novelty`: found true, supported: no member but"),
    (["normalizer"], ["type": "Lowercase"], "`normalizer.type`: found \"Lowercase\", supported:"),
    (
      ["normalizer"], ["type": "Replace", "pattern": ["Regex": "a*"], "content": "b"],
      "`normalizer.pattern.Regex`: found \"a*\", supported: a pattern that matches nothing without"
    ),
    (
      ["normalizer"], ["type": "Replace", "pattern": ["String": ""], "content": "b"],
      "`normalizer.pattern.String`: found \"\", supported: some characters"
    ),
    (
      ["pre_tokenizer"],
      ["type": "Sequence", "pretokenizers": [["type": "Whitespace"]]],
      "`pre_tokenizer.pretokenizers[0].type`: found \"Whitespace\", supported:"
    ),
    (
      ["pre_tokenizer"],
      ["type": "Split", "pattern": ["Regex": "\\w+"], "behavior": "Isolated", "invert": false],
      "`pre_tokenizer.pattern.Regex`: the pattern is not supported: character 2: `w` is not"
    ),
    (
      ["pre_tokenizer"],
      ["type": "Split", "pattern": ["Regex": 7], "behavior": "Isolated", "invert": false],
      "`pre_tokenizer.pattern.Regex`: found 7, supported: a string"
    ),
    (
      ["pre_tokenizer"],
      ["type": "Split", "pattern": ["String": ""], "behavior": "Isolated", "invert": false],
      "`pre_tokenizer.pattern.String`: found \"\", supported: some characters"
    ),
    (
      ["pre_tokenizer"],
      ["type": "Split", "pattern": ["String": "a"], "behavior": "Kept", "invert": false],
      "`pre_tokenizer.behavior`: found \"Kept\", supported: \"Removed\", \"Isolated\","
    ),
    (
      ["pre_tokenizer"], ["type": "Digits", "individual_digits": 1],
      "`pre_tokenizer.individual_digits`: found 1, supported: true or false"
    ),
    (
      ["pre_tokenizer"], ["type": "Metaspace", "replacement": "ab"],
      "`pre_tokenizer.replacement`: found \"ab\", supported: one character"
    ),
    (
      ["pre_tokenizer"],
      [
        "type": "Metaspace", "replacement": "_", "add_prefix_space": false,
        "prepend_scheme": "always",
      ],
      "`pre_tokenizer.add_prefix_space`: false does not go with this `prepend_scheme`"
    ),
    (["post_processor"], ["type": "Bert"], "`post_processor.type`: found \"Bert\", supported:"),
    (
      ["post_processor", "special_tokens", "<s>", "ids"], [4_000_000_000],
      "`post_processor.special_tokens.<s>.ids[0]`: found 4000000000, supported: an id from 0 to"
    ),
    (["post_processor", "single"], [], "`post_processor.single`: the sequence `A` is missing"),
    (
      ["normalizer"], ["type": "Strip", "strip_left": true],
      "`normalizer.strip_right`: found nothing, supported: true or false"
    ),
    (
      ["normalizer"], ["type": "Precompiled", "precompiled_charsmap": "AAA"],
      "`normalizer.precompiled_charsmap`: expected Base64, found something else"
    ),
    (
      ["decoder"], ["type": "Replace", "pattern": ["Regex": "a"], "content": "b"],
      "`decoder.pattern.Regex`: found \"a\", supported: no member but `String`"
    ),
    (
      ["decoder"], ["type": "CTC"],
      "`decoder.type`: found \"CTC\", supported:"
    ),
    (
      ["decoder"], ["type": "Strip", "content": " ", "start": -1, "stop": 0],
      "`decoder.start`: found -1, supported: a whole number from 0"
    ),
    (
      ["added_tokens"], [["id": 70000, "content": "<new>"]],
      "`added_tokens[0].id`: found 70000, expected "
    ),
    (
      ["added_tokens"], [["id": 0, "content": "<s>"], ["id": 0, "content": "<s>"]],
      "`added_tokens[1].content`: this token occurs twice"
    ),
    (
      ["added_tokens"], [["id": 0, "content": ""]],
      "`added_tokens[0].content`: 0 bytes, supported: 1 to 1024"
    ),
  ]

  @Test(arguments: 0..<changes.count)
  func namesTheMemberAtFault(index: Int) throws {
    let (path, value, message) = Self.changes[index]
    var document = try TokenizerFixture("byte-level")
    document.set(path, to: value)
    let error = #expect(throws: TokenizerError.self) { try document.tokenizer() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("tokenizer.json: \(message)"), "\(text)")
  }

  @Test func namesAFileThatIsNotThere() {
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(contentsOf: TokenizerFixture.url("nothing").path)
    }
    #expect(error?.file.hasSuffix("nothing.json") == true)
  }

  @Test func namesThePlaceInDamagedJSON() {
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(parsing: "{\n  \"model\": }".utf8, file: "t.json")
    }
    #expect(error?.description == "t.json: line 2, column 12: expected a value, found `}`")
  }

  @Test func anUnknownTokenMustExistOnlyWhereItIsNeeded() throws {
    var bytes = try TokenizerFixture("byte-level")
    bytes.set(["model", "unk_token"], to: "<missing>")
    _ = try bytes.tokenizer()

    var characters = try TokenizerFixture("metaspace")
    characters.set(["model", "unk_token"], to: "<missing>")
    let error = #expect(throws: TokenizerError.self) { try characters.tokenizer() }
    #expect(error?.key == "model.unk_token")
  }
}
