import BillhookCore
import TestSupport
import Testing

/// Random changes to tokenizers: an error that names the file, or ids that are there.
@Suite struct TokenizerFuzzTests {
  private static let values: [JSON] = [
    "<s>", "▁", "▁a", "##", "a b", ["a", "b"], ["", ""], " ", "#version", "BPE", "Unigram",
    ["type": "ByteLevel", "add_prefix_space": true], ["type": "ByteFallback"], ["type": "Fuse"],
    ["type": "Replace", "pattern": ["String": "a"], "content": "aaaaaaaa"],
    ["type": "Prepend", "prepend": "▁"], ["type": "Strip", "content": " ", "start": 1, "stop": 9],
    ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false],
    ["type": "NFKC"], ["type": "Strip", "strip_left": true, "strip_right": true],
    ["type": "Replace", "pattern": ["Regex": " {2,}|a"], "content": " "],
    ["type": "Precompiled", "precompiled_charsmap": "CAAAAAAEAAAAAAAAYgA="],
    ["a", -1], ["aaaaaaaa", 5.5], ["<0x0A>", 0], ["", -1e300],
    ["type": "Metaspace", "replacement": "a", "prepend_scheme": "always"],
    ["type": "Sequence", "normalizers": [], "decoders": [], "pretokenizers": [], "processors": []],
    ["id": 581, "content": "a", "lstrip": true, "rstrip": true, "single_word": true],
    ["id": 5, "content": " "], 580, 581, 587, 300, 256,
  ]

  private static let texts = [
    "", " ", "Hello  wörld\n\n\tit's 12345 'S '", "<s>  ab▁a\u{0A}A é a<s>a</s><mask> <pad>d ",
    "漢字\u{0}\u{FFFD}👩‍👩‍👧e\u{301}\u{200D}\u{1F1E6}ſ's", "    \r\n  \u{3000}\u{A0} x",
    String(repeating: " ", count: 300), String(repeating: "ab<mask>", count: 40),
    "<0x0A><0xff>#big onesolo Öl aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  ]

  @Test func tokenizer() throws {
    let sources = try ["byte-level", "metaspace", "unigram"].map {
      let bytes = try FileSystem.read(Fixture.path("tokenizers/\($0).json"))
      return (bytes: bytes, json: try JSON(parsing: bytes))
    }
    let result = try Fuzzing.run("tokenizer", inputs: 120) { random in
      guard let source = sources.randomElement(using: &random) else { return .refused }
      let bytes = changed(source.bytes, source.json, &random)
      let tokenizer: Tokenizer
      do throws(TokenizerError) {
        tokenizer = try Tokenizer(parsing: bytes, file: "t.json")
      } catch {
        try Fault.unless(error.file == "t.json" && !error.problem.isEmpty, "\(error)")
        return .refused
      }
      try use(tokenizer, &random)
      return .accepted
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func changed(
    _ bytes: [UInt8],
    _ json: JSON,
    _ random: inout SplitMix64
  ) -> [UInt8] {
    var bytes = bytes
    if random.isOne(of: 8) {
      Mutation.bytes(&bytes, pieces: ["\"", ",", "0", "\\u0020", "▁", "[]"], &random)
      return bytes
    }
    var json = json
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      json = changed(json, &random)
    }
    return Array(json.text(indent: nil).utf8)
  }

  /// Most of a file is its vocabulary, so the small parts get their share.
  private func changed(_ json: JSON, _ random: inout SplitMix64) -> JSON {
    guard let members = json.members, !random.isOne(of: 8) else {
      return Mutation.json(json, values: Self.values, &random)
    }
    let key = members.randomElement(using: &random)?.key
    return .object(
      members.map { member in
        guard member.key == key else { return member }
        let isModel = member.key == "model" && random.isOne(of: 2)
        let value =
          isModel
          ? changed(member.value, &random)
          : Mutation.json(member.value, values: Self.values, &random)
        return JSON.Member(key: member.key, value: value)
      }
    )
  }

  private func use(_ tokenizer: Tokenizer, _ random: inout SplitMix64) throws {
    let size = tokenizer.vocabularySize
    for text in Self.texts where random.isOne(of: 3) {
      let ids = tokenizer.encode(text, addingSpecialTokens: random.isOne(of: 2))
      try Fault.unless(ids.allSatisfy { (0..<size).contains($0) }, "ids outside: \(ids)")
      _ = tokenizer.decode(ids, skippingSpecialTokens: random.isOne(of: 2))
    }
    let ids = (0..<20).map { _ in Int.random(in: -1...size, using: &random) } + [.min, .max]
    _ = tokenizer.decode(ids, skippingSpecialTokens: false)
    for id in ids {
      guard let token = tokenizer.token(of: id) else { continue }
      try Fault.unless(tokenizer.id(of: token) != nil, "no id of the token \(token)")
    }
    try Fault.unless(tokenizer.beginningToken.map { $0 < size } != false, "no beginning token")
  }
}
