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
  private struct Expected: Decodable {
    let tokens: [Int]
    let logits: [String: [Double]]
  }

  private func logits(_ model: LanguageModel, _ tokens: [Int]) throws -> [Double] {
    try Traversal(model, .testing()).logits(of: [tokens]).doubles()
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
    let expected = try ConvertedGGUF()
    let model = try LanguageModel(opening: Fixture.path("gguf/\(name).gguf"))
    let golden = try #require(expected.logits[name])
    let found = try logits(model, expected.tokens).suffix(golden.count)
    #expect(differenceToScale(Array(found), golden) < 1e-5)
    #expect(model.blocks[0].attention?.headSize == 8)
    #expect(try model.weights.storedType(WeightID(.query, block: 0)) == .float16)
    guard name == "llama-converted" else { return }
    #expect(try model.weights.storedType(WeightID(.embedding)) == .bfloat16)
  }

  @Test func aPartOfAFileIsRefused() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.gguf"
      try FileSystem.write(FileSystem.read(Fixture.path("gguf/llama.gguf")), to: path)
      let part = try GGUFFile.rewriting(path, replacing: ["split.count": .integer(2, .uint16)])
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
    let format = GGUF(.f32)
    try Fixture.withFolder { folder in
      try format.write(model, into: folder, .testing())
      let saved = try format.read(folder)
      #expect(saved.configuration.computesLike(model.configuration))
      let expected = try logits(model, tokens)
      #expect(differenceToScale(try logits(saved, tokens), expected) < 1e-5)
      let path = try GGUFFile.rewriting("\(folder)/\(GGUFModelWriter.fileName)") {
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

  @Test(arguments: Golden.names)
  func everyFamilyComesBack(name: String) throws {
    let golden = try Golden(name)
    let tokens = golden.tokens.windows[0].tokens
    if let obstacle = GGUF(.f32).obstacle(to: golden.model) {
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

  /// llama.cpp takes every other block of a Gemma 2 for a windowed one where a file says nothing.
  @Test func windowsThatWentStayAway() throws {
    let text = try Fixture.text(Fixture.path("gguf/models.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: Data(text.utf8))
    let model = try LanguageModel(opening: Fixture.path("gguf/gemma2.gguf"))
    let windowed = Set(model.blocks.filter { $0.attention?.window != nil }.map(\.sourceIndex))
    #expect(!windowed.isEmpty && windowed.count < model.blocks.count)
    let cut = try model.removingBlocks(windowed)
    try Fixture.withFolder { folder in
      try GGUF(.f32).write(cut, into: folder, .testing())
      let path = try GGUFFile.rewriting("\(folder)/\(GGUFModelWriter.fileName)") {
        $0 != GGUFConfiguration.key
      }
      let described = try LanguageModel(opening: path)
      #expect(described.blocks.allSatisfy { $0.attention?.window == nil })
      let found = try logits(described, expected.tokens)
      #expect(try differenceToScale(found, logits(cut, expected.tokens)) < 1e-4)
    }
  }

  /// llama.cpp finds the blocks of SmolLM3 without rotary positions by counting.
  @Test func blocksWithoutRotaryPositionsAreCounted() throws {
    let golden = try Golden("smollm3")
    let model = try LanguageModel(
      opening: golden.model.directory.path,
      ignoring: ["no_rope_layers"]
    )
    #expect(model.blocks.map { $0.attention?.rotary != nil } == [true, true, true, false, true])
    let tokens = golden.tokens.windows[0].tokens
    try check(model, tokens)
    try check(model.removingBlocks([4]), tokens)
    let obstacle = try GGUF(.f32).obstacle(to: model.removingBlocks([1]))
    #expect(obstacle?.contains("block 3 has no rotary positions") == true)
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
    // The longrope of this model rotates a part of a head's channels.
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
        #expect(GGUF(.f32).obstacle(to: cut)?.contains("of llama.cpp") == true)
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
      try GGUF(.f32).write(cut, into: folder, .testing())
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
    let format = GGUF(type)
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

  /// llama.cpp leaves the heads of Granite as they are where its file says so.
  @Test func aGraniteWithoutPositionsIsRefused() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/out")
      try GGUF(.f32).write(Golden("granite").model, into: "\(folder)/out", .testing())
      let key = "granite.rope.scaling.finetuned"
      let path = "\(folder)/out/model.gguf"
      let changed = try GGUFFile.rewriting(path, replacing: [key: .bool(false)]) {
        $0 != GGUFConfiguration.key
      }
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
        try GGUF(.f16).write(model, into: folder, .testing())
      }
      #expect(error?.place == "blk.1.ffn_up.weight")
      #expect(error?.message.contains("infinite in f16; save with `type = bf16`") == true)
    }
  }

  @Test func changedMetadataIsRefused() throws {
    try Fixture.withFolder { folder in
      let model = try Golden("llama-gqa").model
      try GGUF(.f32).write(model, into: folder, .testing())
      let path = try GGUFFile.rewriting("\(folder)/model.gguf") { $0 != "llama.rope.freq_base" }
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: path) }
      #expect(error?.place == "llama.rope.freq_base")
      #expect(error?.message.contains("is missing") == true)
    }
  }

  @Test func rowsThatAreNoBlocksAreNamed() throws {
    let golden = try Golden("llama-gqa")
    let obstacle = try #require(GGUF(.q8_0).obstacle(to: golden.model))
    #expect(obstacle.contains("multiples of 32"))
    #expect(obstacle.contains("type = bf16"))
  }
}
