import BillhookEngine
import BillhookFiles
import BillhookTokenizer
import BillhookTorch
@testable import BillhookModels
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Tokenizers in GGUF files: those of llama.cpp's converter (Scripts/golden_gguf.py), and our own.
@Suite struct GGUFTokenTests {
  @Test func theTokenizerOfTheConverterIsRead() throws {
    let expected = try ConvertedGGUF()
    let model = try LanguageModel(opening: Fixture.path("gguf/llama-converted.gguf"))
    let count = model.configuration.vocabularySize
    #expect(try model.directory.endTokens() == [count - 2, count - 1])
    #expect(try expected.differing(from: model.directory.tokenizer()) == [])
  }

  /// Without types of tokens, those that are named are special, and the others are not.
  @Test func typesOfTokensMayBeMissing() throws {
    let expected = try ConvertedGGUF()
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.gguf"
      try FileSystem.write(FileSystem.read(Fixture.path("gguf/llama-converted.gguf")), to: path)
      let bare = try GGUFFile.rewriting(path) { $0 != "tokenizer.ggml.token_type" }
      let tokenizer = try LanguageModel(opening: bare).directory.tokenizer()
      #expect(expected.differing(from: tokenizer) == [])
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
      #expect(GGUF(.f32).obstacle(to: model) == nil)
      try FileSystem.makeDirectory("\(folder)/out")
      try GGUF(.f32).write(model, into: "\(folder)/out", .testing())
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
      var format = GGUF(.f32)
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

  /// Gemma 3 1B has an added token for which its embedding has no row.
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
      #expect(GGUF(.f32).obstacle(to: model) == nil)
      let cautions = GGUF(.f32).cautions(on: model, isCertain: true)
      #expect(cautions.contains { $0.contains("no row for 1 added token such as <image>") })
      try FileSystem.makeDirectory("\(folder)/out")
      try GGUF(.f32).write(model, into: "\(folder)/out", .testing())
      let saved = try LanguageModel(opening: "\(folder)/out/model.gguf")
      #expect(try saved.directory.tokenizer().id(of: "<image>") == nil)
    }
  }

  /// Trying all cuts of a token takes the square of its length, so lengths are bounded.
  @Test func longAndEqualTokensAreRefused() throws {
    try Fixture.withFolder { folder in
      let bytes = try FileSystem.read(Fixture.path("gguf/sentencepiece.json"))
      let model = try withTokenizer(bytes, count: 1100, in: folder)
      try FileSystem.makeDirectory("\(folder)/out")
      try GGUF(.f32).write(model, into: "\(folder)/out", .testing())
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
        let changed = try GGUFFile.rewriting(path, replacing: [key: .strings(other)])
        let error = #expect(throws: TokenizerError.self) {
          try LanguageModel(opening: changed).directory.tokenizer()
        }
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "")")
        try FileSystem.remove(changed)
      }
    }
  }

  @Test func whatLlamaCppDoesNotKnowOfTokensIsSaid() throws {
    try Fixture.withFolder { folder in
      let bytes = try FileSystem.read(Fixture.path("tokenizers/byte-level.json"))
      let model = try withTokenizer(bytes, count: 600, in: folder)
      let cautions = GGUF(.f32).cautions(on: model, isCertain: true)
      #expect(cautions.count == 1)
      #expect(cautions.first?.contains("take spaces beside them") == true)
    }
  }

  @Test(
    arguments: [
      ("unsplit", "does not support"), ("metaspace", "do not merge"),
      ("unigram", "no byte-pair encoding"),
    ]
  )
  func tokenizersThatLlamaCppCutsOtherwiseAreRefused(name: String, reason: String) throws {
    try Fixture.withFolder { folder in
      let bytes = try FileSystem.read(Fixture.path("tokenizers/\(name).json"))
      let model = try withTokenizer(bytes, count: 1100, in: folder)
      let obstacle = try #require(GGUF(.f32).obstacle(to: model))
      #expect(obstacle.contains(reason), "\(obstacle)")
      #expect(obstacle.contains("tokenizer = none"))
      var without = GGUF(.f32)
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
}
