import Testing

@testable import BillhookFiles
@testable import BillhookTokenizer

/// Files made to do harm: each is an error that says where, or a tokenizer that works.
@Suite struct HostileTokenizerTests {
  private func failure(_ document: TokenizerFixture) -> String {
    do {
      _ = try document.tokenizer()
      return "none"
    } catch {
      return "\(error)"
    }
  }

  private func failure(_ path: [String], _ value: JSON, of name: String = "unsplit") throws
    -> String
  {
    var document = try TokenizerFixture(name)
    document.set(path, to: value)
    return failure(document)
  }

  @Test func deepNestingIsAnError() throws {
    let nested = String(repeating: #"{"type":"Sequence","normalizers":["#, count: 5000)
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(parsing: (#"{"normalizer":"# + nested).utf8, file: "deep.json")
    }
    #expect(error?.description.hasPrefix("deep.json: line 1, column ") == true)
    #expect(error?.description.hasSuffix("nested deeper than 128 levels") == true)
  }

  @Test func sequencesOfSequencesWork() throws {
    for (key, list) in [
      ("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers"), ("decoder", "decoders"),
    ] {
      var nested: JSON = .array([])
      for _ in 0..<40 { nested = [.object(members(list, nested))] }
      #expect(try failure([key], .object(members(list, nested))) == "none")
    }
  }

  @Test func aWideGapInTheIdsIsAnError() throws {
    #expect(
      try failure(["model", "vocab"], ["a": 0, "b": 1, "c": 1027])
        == "tokenizer.json: `model.vocab.c`: found 1027, supported: an id from 0 to 1026"
    )
    #expect(
      try failure(["added_tokens"], [["id": 2_000_000_000, "content": "<far>"]])
        .hasPrefix("tokenizer.json: `added_tokens[0].id`: found 2000000000, expected ")
    )
  }

  /// As of Phi-4-mini; the ids and texts are those of the library.
  @Test func idsMayBeLeftOut() throws {
    var document = try TokenizerFixture("metaspace")
    for key in ["normalizer", "post_processor", "decoder"] { document.set([key], to: nil) }
    document.set(["model", "unk_token"], to: nil)
    document.set(["model", "byte_fallback"], to: false)
    document.set(["model", "vocab"], to: ["a": 0, "b": 1, "ab": 5, "<e>": 9])
    document.set(["model", "merges"], to: ["a b"])
    document.set(["added_tokens"], to: [["id": 9, "content": "<e>", "special": true]])
    let tokenizer = try document.tokenizer()
    #expect(tokenizer.encode("ab<e>a", addingSpecialTokens: false) == [5, 9, 0])
    #expect(tokenizer.decode([0, 3, 5, 9], skippingSpecialTokens: false) == "a ab <e>")
    #expect(tokenizer.vocabularySize == 10)
    #expect(tokenizer.token(of: 3) == nil)
    document.set(["added_tokens"], to: [["id": 4, "content": "<n>", "special": true]])
    #expect(failure(document).contains("`added_tokens[0].id`: found 4; the vocabulary skips ids"))
  }

  @Test func aTokenThatStandsTwiceIsAnError() throws {
    let twice = #"{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}"#
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(parsing: twice.utf8, file: "twice.json")
    }
    let problem = #"twice.json: line 1, column 39: the key "a" occurs twice in one object"#
    #expect(error?.description == problem)
  }

  @Test func mergesThatMakeNothingNewCannotGoOnForEver() throws {
    var document = try TokenizerFixture("metaspace")
    document.set(["normalizer"], to: nil)
    document.set(["added_tokens"], to: [])
    document.set(["post_processor"], to: nil)
    document.set(["model", "unk_token"], to: "")
    document.set(["model", "byte_fallback"], to: false)
    document.set(["model", "fuse_unk"], to: false)
    document.set(["model", "vocab"], to: ["": 0, "a": 1, "aa": 2])
    document.set(["model", "merges"], to: [["", ""], ["", "a"], ["a", ""], ["a", "a"]])
    let tokenizer = try document.tokenizer()
    let text = String(repeating: "axa", count: 200)
    #expect(tokenizer.encode(text, addingSpecialTokens: false).count < 600)
  }

  @Test func manyMergesAreRead() throws {
    let merges = JSON.array(Array(repeating: "a b", count: 250_000))
    let vocabulary = try Vocabulary(field(["a": 0, "b": 1, "ab": 2]))
    let table = try MergeTable(field(merges), vocabulary)
    #expect(table.result(table.rank(0, 1)) == 2)
    #expect(table.rank(1, 0) == MergeTable.none)
  }

  @Test func aPatternOfVeryManyPartsIsAnError() throws {
    let pattern = "(?:(?:ab){900}){900}x"
    #expect(
      try failure(
        ["pre_tokenizer"],
        ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated"]
      )
        == "tokenizer.json: `pre_tokenizer.pattern.Regex`: the pattern is not supported: "
        + "more than 4096 parts, with repeats written out"
    )
  }

  private func members(_ list: String, _ parts: JSON) -> [JSON.Member] {
    [JSON.Member(key: "type", value: "Sequence"), JSON.Member(key: list, value: parts)]
  }

  private func field(_ value: JSON) -> TokenizerField {
    TokenizerField(file: "tokenizer.json", key: "model", value: value)
  }
}
