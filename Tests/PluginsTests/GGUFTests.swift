import BillhookEngine
import BillhookFiles
import BillhookTokenizer
import BillhookTorch
@testable import BillhookModels
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Models in GGUF files: those of other programs (Scripts/golden_gguf.py), and our own.
@Suite struct GGUFTests {
  /// Files with the keys and types of llama.cpp's converter.
  private struct Converted: Decodable {
    let tokens: [Int]
    let logits: [String: [Double]]
    let texts: [String]
    let ids: [[Int]]

    static func read() throws -> Converted {
      let text = try Fixture.text(Fixture.path("gguf/converted.json"))
      return try JSONDecoder().decode(Converted.self, from: Data(text.utf8))
    }
  }

  private struct Expected: Decodable {
    let tokens: [Int]
    let logits: [String: [Double]]
  }

  private func logits(_ model: LanguageModel, _ tokens: [Int]) throws -> [Double] {
    try Traversal(model, .testing()).logits(of: [tokens]).doubles()
  }

  private func format(_ type: GGUF.Rounding = .f32) -> GGUF {
    var format = GGUF()
    format.type = type
    return format
  }

  @Test(arguments: ["llama", "llama-q8_0", "qwen2", "gemma2"])
  func filesOfOtherProgramsAreRead(name: String) throws {
    let text = try Fixture.text(Fixture.path("gguf/models.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: Data(text.utf8))
    let model = try LanguageModel(opening: Fixture.path("gguf/\(name).gguf"))
    let found = try logits(model, expected.tokens)
    #expect(differenceToScale(found, expected.logits[name] ?? []) < 1e-5)
    let error = #expect(throws: TokenizerError.self) { try model.directory.tokenizer() }
    #expect(error?.problem.contains("no tokens") == true)
  }

  /// f16 beside bf16 and f32, another alignment, and no key for what the converter leaves out.
  @Test(arguments: ["llama-converted", "phi3-converted"])
  func filesOfTheConverterAreRead(name: String) throws {
    let expected = try Converted.read()
    let model = try LanguageModel(opening: Fixture.path("gguf/\(name).gguf"))
    let golden = try #require(expected.logits[name])
    let found = try logits(model, expected.tokens).suffix(golden.count)
    #expect(differenceToScale(Array(found), golden) < 1e-5)
    #expect(model.blocks[0].attention?.headSize == 8)
    #expect(try model.weights.storedType(WeightID(.query, block: 0)) == .float16)
    guard name == "llama-converted" else { return }
    #expect(try model.weights.storedType(WeightID(.embedding)) == .bfloat16)
    let count = model.configuration.vocabularySize
    #expect(try model.directory.endTokens() == [count - 2, count - 1])
    let tokenizer = try model.directory.tokenizer()
    for (text, ids) in zip(expected.texts, expected.ids) {
      #expect(tokenizer.encode(text, addingSpecialTokens: true) == ids, "\(text)")
    }
  }

  /// Without types of tokens, those that are named are special, and the others are not.
  @Test func typesOfTokensMayBeMissing() throws {
    let expected = try Converted.read()
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.gguf"
      try FileSystem.write(FileSystem.read(Fixture.path("gguf/llama-converted.gguf")), to: path)
      let bare = try rewriting(path) { $0 != "tokenizer.ggml.token_type" }
      let tokenizer = try LanguageModel(opening: bare).directory.tokenizer()
      for (text, ids) in zip(expected.texts, expected.ids) {
        #expect(tokenizer.encode(text, addingSpecialTokens: true) == ids, "\(text)")
      }
    }
  }

  @Test func aPartOfAFileIsRefused() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.gguf"
      try FileSystem.write(FileSystem.read(Fixture.path("gguf/llama.gguf")), to: path)
      let part = try rewriting(path, replacing: ["split.count": .integer(2, .uint16)])
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: part) }
      #expect(error?.message.contains("one of 2 files") == true)
    }
  }

  /// Writes a model and opens it, with the configuration that is kept and by what others read.
  private func check(
    _ model: LanguageModel,
    _ tokens: [Int],
    isDescribed: Bool = true
  ) throws {
    let format = format()
    try Fixture.withFolder { folder in
      try format.write(model, into: folder, .testing())
      let saved = try format.read(folder)
      #expect(saved.configuration.computesLike(model.configuration))
      let expected = try logits(model, tokens)
      #expect(differenceToScale(try logits(saved, tokens), expected) < 1e-5)
      let path = try rewriting("\(folder)/\(GGUFModelWriter.fileName)") {
        $0 != GGUFConfiguration.key
      }
      guard isDescribed else {
        let error = #expect(throws: FileError.self) { try LanguageModel(opening: path) }
        #expect(error?.place == "rope_freqs.weight")
        return
      }
      let described = try LanguageModel(opening: path)
      #expect(differenceToScale(try logits(described, tokens), expected) < 1e-4)
      #expect(described.blocks.map(\.mlp) == model.blocks.map(\.mlp))
    }
  }

  /// Writes the file again beside itself, with those of its keys that are kept, and other values.
  private func rewriting(
    _ path: String,
    replacing new: [String: GGUFValue] = [:],
    keeping isKept: (String) -> Bool = { _ in true }
  ) throws -> String {
    let file = try GGUFFile(path)
    let names = file.entries.sorted { $0.value.bytes.lowerBound < $1.value.bytes.lowerBound }
    var writer = try GGUFWriter(
      "\(path).other.gguf",
      file.metadata.merging(new) { $1 }.filter { isKept($0.key) }.map { ($0.key, $0.value) },
      holding: names.map { .init(name: $0.key, type: $0.value.type, shape: $0.value.shape) }
    )
    for (name, _) in names { try writer.append(file.tensor(name)) }
    try writer.finish()
    return "\(path).other.gguf"
  }

  @Test(arguments: Golden.names)
  func everyFamilyComesBack(name: String) throws {
    let golden = try Golden(name)
    let tokens = golden.tokens.windows[0].tokens
    if let obstacle = format().obstacle(to: golden.model) {
      // What llama.cpp computes otherwise is refused; which models these are stands here.
      #expect(Self.refusal(of: name).map(obstacle.contains) == true, "\(obstacle)")
      return
    }
    #expect(Self.refusal(of: name) == nil)
    // Its factors are not Llama's own, so that they alone do not tell of what they were made.
    let isDescribed = !name.hasPrefix("llama-llama3")
    try check(golden.model, tokens, isDescribed: isDescribed)
    try check(golden.model.removingBlocks([1]), tokens, isDescribed: isDescribed)
  }

  /// llama.cpp finds the blocks of SmolLM3 that do not turn heads by counting.
  @Test func blocksThatDoNotTurnAreCounted() throws {
    let golden = try Golden("smollm3")
    let model = try LanguageModel(
      opening: golden.model.directory.path,
      ignoring: ["no_rope_layers"]
    )
    #expect(model.blocks.map { $0.attention?.rotary != nil } == [true, true, true, false, true])
    let tokens = golden.tokens.windows[0].tokens
    try check(model, tokens)
    try check(model.removingBlocks([4]), tokens)
    let obstacle = try format().obstacle(to: model.removingBlocks([1]))
    #expect(obstacle?.contains("block 3 does not turn heads by their positions") == true)
  }

  private static let refused = [
    "gemma2": "scales its scores", "gemma2-plain-old": "soft cap of logits",
    "gemma3": "scales its scores",
    "llama-dynamic": "dynamic scaling", "llama-linear": "another activation",
    "llama-yarn-mscale": "limits of YaRN", "qwen3-window-bias": "bias of its output projection",
    "arcee-bias": "biases in its MLP", "granite-bias": "biases in its MLP",
    "olmo2-bias": "biases of query", "smollm3": "in all but every 4th block",
    "smollm3-window-bias": "in all but every 4th block",
  ]

  /// The families that are not written.
  private static let families = [
    "exaone4", "granite4", "ministral", "olmo3",
  ]

  private static func refusal(of name: String) -> String? {
    let isOfOtherFamily = families.contains { name.hasPrefix($0) }
    return refused[name] ?? (isOfOtherFamily ? "is not written as GGUF, only Llama" : nil)
  }

  @Test(arguments: Golden.names)
  func unequalBlocksAreDeciOrRefused(name: String) throws {
    let golden = try Golden(name)
    guard Self.refusal(of: name) == nil else { return }
    // The longrope of this model turns a part of a head's channels.
    let isLlamaLike =
      ["llama", "mistral", "qwen2", "phi3", "seed-oss"].contains { name.hasPrefix($0) }
      && name != "phi3-longrope"
    for narrow in try NarrowCase.all(of: name) {
      let cut = try golden.model.removing(narrow.gates)
      if isLlamaLike {
        try check(
          cut,
          golden.tokens.windows[0].tokens,
          isDescribed: !name.hasPrefix("llama-llama3")
        )
      } else {
        #expect(format().obstacle(to: cut)?.contains("of llama.cpp") == true)
      }
    }
  }

  @Test func partsThatWentAreZerosThatAreKnownAgain() throws {
    let golden = try Golden("llama-gqa")
    var gates = Gates()
    gates.closedAttentions = [0, 2]
    gates.closedMLPs = [1, 3]
    let cut = try golden.model.removing(gates)
    try check(cut, golden.tokens.windows[0].tokens)
    try Fixture.withFolder { folder in
      try format().write(cut, into: folder, .testing())
      let file = try GGUFFile("\(folder)/model.gguf")
      #expect(file.metadata["general.architecture"] == .string("deci"))
      let heads = file.metadata["deci.attention.head_count"]?.counts
      #expect(heads?[2] == 0)
      #expect((heads?[0] ?? 0) > 0)
      #expect(file.metadata["deci.feed_forward_length"]?.counts?[1] == GGUFLayout.fillerWidth)
      #expect(try file.tensor("blk.1.ffn_down.weight").abs().max().scalar() == 0)
    }
  }

  @Test(arguments: [GGUF.Rounding.f16, .bf16, .q8_0, .q4_0])
  func roundedWeightsAreThoseThatWereCompared(type: GGUF.Rounding) throws {
    let model = try LanguageModel(opening: Fixture.tinyModel)
    let format = format(type)
    #expect(format.obstacle(to: model) == nil)
    try Fixture.withFolder { folder in
      try format.write(model, into: folder, .testing())
      let saved = try format.read(folder)
      for (id, shape) in model.configuration.allWeights {
        let found = try saved.weights.stored(id)
        let expected = try format.rounded(model.weights.stored(id), of: id, in: model)
        #expect(try found.hasSameBytes(as: expected), "\(id)")
        #expect(try found.dtype == format.dtype(of: id, in: model))
        #expect(try saved.weights.storedType(id) == found.dtype)
        #expect(try format.byteCount(of: id, shape: shape, in: model) > 0)
      }
      let bytes = try model.configuration.allWeights.reduce(0) {
        $0 + (try format.byteCount(of: $1.id, shape: $1.shape, in: model))
      }
      let size = try #require(FileSystem.size(ofFile: "\(folder)/model.gguf"))
      #expect(size > bytes && size < bytes + 100_000)
      // As a directory it would say in which type its matrices are.
      let configuration = try JSON(parsing: saved.directory.configurationText.bytes)
      #expect(configuration["dtype"]?.string == type.stored.dtype.rawValue)
    }
  }

  @Test(arguments: ["tokenizers/byte-level", "gguf/sentencepiece"])
  func tokenizersComeBack(name: String) throws {
    struct Golden: Decodable { let texts: [String] }
    let bytes = try withoutSpaces(FileSystem.read(Fixture.path("\(name).json")))
    let golden = try JSONDecoder().decode(
      Golden.self,
      from: Data(FileSystem.read(Fixture.path("tokenizers/byte-level.golden.json")))
    )
    let tokenizer = try Tokenizer(parsing: bytes, file: name)
    try Fixture.withFolder { folder in
      let model = try withTokenizer(bytes, count: tokenizer.vocabularySize + 3, in: folder)
      #expect(format().obstacle(to: model) == nil)
      try FileSystem.makeDirectory("\(folder)/out")
      try format().write(model, into: "\(folder)/out", .testing())
      let saved = try LanguageModel(opening: "\(folder)/out/model.gguf")
      let found = try saved.directory.tokenizer()
      for text in golden.texts {
        let pair = [tokenizer, found].map { $0.encode(text, addingSpecialTokens: true) }
        #expect(pair[0] == pair[1], "\(text)")
        let texts = [tokenizer, found].map { $0.decode(pair[0], skippingSpecialTokens: true) }
        #expect(texts[0] == texts[1])
      }
      // As a directory, the files that were made are written beside the weights.
      try FileSystem.makeDirectory("\(folder)/hf")
      try HuggingFace().write(saved, into: "\(folder)/hf", .testing())
      let directory = try LanguageModel(opening: "\(folder)/hf").directory
      #expect(
        try directory.tokenizer().encode("a b", addingSpecialTokens: true)
          == found.encode("a b", addingSpecialTokens: true)
      )
    }
  }

  /// A tokenizer whose added tokens do not take spaces beside them, stand for whole words or are looked
  /// for after normalisation, which llama.cpp does not know.
  private func withoutSpaces(_ bytes: [UInt8]) throws -> [UInt8] {
    let json = try JSON(parsing: bytes)
    let members = (json.members ?? []).map { member -> JSON.Member in
      guard member.key == "added_tokens" else { return member }
      let tokens = (member.value.array ?? []).map { token in
        JSON.object(
          (token.members ?? []).map { setting in
            ["lstrip", "rstrip", "single_word", "normalized"].contains(setting.key)
              ? JSON.Member(key: setting.key, value: false) : setting
          }
        )
      }
      return JSON.Member(key: member.key, value: .array(tokens))
    }
    return Array(JSON.object(members).text().utf8)
  }

  /// llama.cpp has room for one token that ends a text; all of them come back.
  @Test(arguments: [GGUF.Tokens.own, .none])
  func allTokensThatEndATextComeBack(tokens: GGUF.Tokens) throws {
    try Fixture.withFolder { folder in
      let bytes = try withoutSpaces(FileSystem.read(Fixture.path("tokenizers/byte-level.json")))
      let ends = #"{"eos_token_id": [7, 2, 100000]}"#
      try FileSystem.write(Array(ends.utf8), to: "\(folder)/generation_config.json")
      let model = try withTokenizer(bytes, count: 600, in: folder)
      var format = format()
      format.tokenizer = tokens
      try FileSystem.makeDirectory("\(folder)/out")
      try format.write(model, into: "\(folder)/out", .testing())
      let saved = try LanguageModel(opening: "\(folder)/out/model.gguf")
      #expect(try saved.directory.endTokens() == [2, 7])
      try FileSystem.makeDirectory("\(folder)/hf")
      try HuggingFace().write(saved, into: "\(folder)/hf", .testing())
      #expect(try LanguageModel(opening: "\(folder)/hf").directory.endTokens() == [2, 7])
    }
  }

  /// As Gemma 3 of 1B has one, for which its embedding has no row.
  @Test func addedTokensWithoutARowAreLeftOut() throws {
    try Fixture.withFolder { folder in
      let bytes = try withoutSpaces(FileSystem.read(Fixture.path("tokenizers/byte-level.json")))
      let json = try JSON(parsing: bytes)
      let count = try Tokenizer(parsing: bytes, file: "").vocabularySize
      let image: JSON = [
        "id": .number(JSONNumber(count)), "content": "<image>", "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": false, "special": true,
      ]
      let members = (json.members ?? []).map { member in
        member.key == "added_tokens"
          ? JSON.Member(key: member.key, value: .array((member.value.array ?? []) + [image]))
          : member
      }
      let text = Array(JSON.object(members).text().utf8)
      let model = try withTokenizer(text, count: count, in: folder)
      #expect(format().obstacle(to: model) == nil)
      let cautions = format().cautions(on: model, isCertain: true)
      #expect(cautions.contains { $0.contains("no row for 1 added token such as <image>") })
      try FileSystem.makeDirectory("\(folder)/out")
      try format().write(model, into: "\(folder)/out", .testing())
      let saved = try LanguageModel(opening: "\(folder)/out/model.gguf")
      #expect(try saved.directory.tokenizer().id(of: "<image>") == nil)
    }
  }

  /// Cutting tokens in all ways takes the square of their lengths, so that it is bounded.
  @Test func longAndEqualTokensAreRefused() throws {
    try Fixture.withFolder { folder in
      let bytes = try FileSystem.read(Fixture.path("gguf/sentencepiece.json"))
      let model = try withTokenizer(bytes, count: 1100, in: folder)
      try FileSystem.makeDirectory("\(folder)/out")
      try format().write(model, into: "\(folder)/out", .testing())
      let path = "\(folder)/out/model.gguf"
      let file = try GGUFFile(path)
      let key = "tokenizer.ggml.tokens"
      let tokens = try #require(file.metadata[key]?.texts)
      let kinds = try #require(file.metadata["tokenizer.ggml.token_type"]?.counts)
      let normal = kinds.indices.filter { kinds[$0] == 1 }
      for (text, reason) in [
        (String(repeating: "a", count: 20_000), "tokens of up to 20000 bytes"),
        (tokens[normal[1]], "the same text"),
      ] {
        var other = tokens
        other[normal[0]] = text
        let changed = try rewriting(path, replacing: [key: .strings(other)])
        let error = #expect(throws: TokenizerError.self) {
          try LanguageModel(opening: changed).directory.tokenizer()
        }
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "")")
        try FileSystem.remove(changed)
      }
    }
  }

  /// llama.cpp leaves the heads of Granite as they are where its file says so.
  @Test func aGraniteWithoutPositionsIsRefused() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/out")
      try format().write(Golden("granite").model, into: "\(folder)/out", .testing())
      let key = "granite.rope.scaling.finetuned"
      let path = "\(folder)/out/model.gguf"
      let changed = try rewriting(path, replacing: [key: .bool(false)]) { $0 != "billhook.config" }
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: changed) }
      #expect(error?.description.contains("without rotary positions") == true)
      #expect(error?.description.contains(key) == true)
    }
  }

  /// Numbers beyond f16 are refused with what would hold them.
  @Test func numbersBeyondF16AreRefused() throws {
    let golden = try Golden("llama-gqa")
    let id = WeightID(.up, block: 1)
    let model = golden.model.live(replacing: [id: try golden.model.weights.stored(id) * 1e6])
    try Fixture.withFolder { folder in
      let error = #expect(throws: FileError.self) {
        try format(.f16).write(model, into: folder, .testing())
      }
      #expect(error?.place == "blk.1.ffn_up.weight")
      #expect(error?.message.contains("infinite in f16; save with `type = bf16`") == true)
    }
  }

  @Test func whatLlamaCppDoesNotKnowOfTokensIsSaid() throws {
    try Fixture.withFolder { folder in
      let bytes = try FileSystem.read(Fixture.path("tokenizers/byte-level.json"))
      let model = try withTokenizer(bytes, count: 600, in: folder)
      let cautions = format().cautions(on: model, isCertain: true)
      #expect(cautions.count == 1)
      #expect(cautions.first?.contains("take spaces beside them") == true)
    }
  }

  @Test(
    arguments: [
      ("unsplit", "no name for"), ("metaspace", "do not merge"),
      ("unigram", "no byte-pair encoding"),
    ]
  )
  func tokenizersThatLlamaCppCutsOtherwiseAreRefused(name: String, reason: String) throws {
    try Fixture.withFolder { folder in
      let bytes = try FileSystem.read(Fixture.path("tokenizers/\(name).json"))
      let model = try withTokenizer(bytes, count: 1100, in: folder)
      let obstacle = try #require(format().obstacle(to: model))
      #expect(obstacle.contains(reason), "\(obstacle)")
      #expect(obstacle.contains("tokenizer = none"))
      var without = format()
      without.tokenizer = .none
      #expect(without.obstacle(to: model) == nil)
    }
  }

  /// A random model with a tokenizer.
  private func withTokenizer(_ bytes: [UInt8], count: Int, in folder: String) throws
    -> LanguageModel
  {
    let configuration: JSON = [
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32,
      "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
      "max_position_embeddings": 64, "vocab_size": .number(JSONNumber(count)), "rms_norm_eps": 1e-5,
      "tie_word_embeddings": true,
    ]
    try FileSystem.write(Array(configuration.text().utf8), to: "\(folder)/config.json")
    try FileSystem.write(bytes, to: "\(folder)/tokenizer.json")
    return try LanguageModel(new: "\(folder)/config.json", seed: RandomSeed(1))
  }

  @Test func changedMetadataIsRefused() throws {
    try Fixture.withFolder { folder in
      let model = try Golden("llama-gqa").model
      try format().write(model, into: folder, .testing())
      let path = try rewriting("\(folder)/model.gguf") { $0 != "llama.rope.freq_base" }
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: path) }
      #expect(error?.place == "llama.rope.freq_base")
      #expect(error?.message.contains("is missing") == true)
    }
  }

  @Test func rowsThatAreNoBlocksAreNamed() throws {
    let golden = try Golden("llama-gqa")
    let obstacle = try #require(format(.q8_0).obstacle(to: golden.model))
    #expect(obstacle.contains("multiples of 32"))
    #expect(obstacle.contains("type = bf16"))
  }
}
