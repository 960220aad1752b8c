import BillhookCore
import BillhookEngine
import BillhookFiles
import BillhookModels
import BillhookTorch
@testable import BillhookPlugins
import Testing
import TestSupport

/// What is written: files, names, types, and a configuration that differs only where it has to.
@Suite struct HuggingFaceTests {
  private func withSaved(
    _ model: LanguageModel,
    _ format: HuggingFace = HuggingFace(),
    _ body: (String) throws -> Void
  ) throws {
    try Fixture.withFolder { folder in
      try format.write(model, into: folder, .testing())
      try body(folder)
    }
  }

  @Test(arguments: Golden.names)
  func whatIsSavedGivesTheLogitsOfTransformers(name: String) throws {
    let golden = try Golden(name)
    let cut = try golden.model.removingBlocks(golden.cut.removed)
    try withSaved(cut) { folder in
      let saved = try LanguageModel(opening: folder)
      #expect(saved.blocks.map(\.sourceIndex) == Array(0..<cut.blocks.count))
      #expect(saved.parameterCount == cut.parameterCount)
      #expect(try saved.byteCount() == cut.byteCount())
      let windows = golden.tokens.windows.prefix(2).map(\.tokens)
      let logits = try Traversal(saved, .testing()).logits(of: windows).doubles()
      #expect(differenceToScale(logits, golden.cut.logits) < 1e-5)
      if let types = golden.cutLayerTypes {
        let configuration = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
        #expect(configuration["layer_types"] == .array(types.map { .string($0) }))
      }
    }
  }

  @Test func theNumberOfBlocksWithoutAWindowFollows() throws {
    // Blocks 0 and 1 see everything; without block 0, only one of them is left.
    let golden = try Golden("qwen2-window-old")
    try withSaved(golden.model.removingBlocks([0, 3])) { folder in
      let saved = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
      #expect(saved["max_window_layers"]?.int == 1)
      #expect(saved["layer_types"] == ["full_attention", "sliding_attention"])
    }
  }

  @Test func theOlderKeysOfRotaryPositionsAreWrittenToo() throws {
    try withSaved(Golden("gemma3").model) { folder in
      let saved = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
      #expect(saved["rope_theta"]?.double == 5000)
      #expect(saved["rope_local_base_freq"]?.double == 100)
      #expect(saved["rope_scaling"]?["rope_type"] == "linear")
      #expect(saved["rope_scaling"]?["factor"]?.double == 3)
    }
  }

  @Test func theConfigurationChangesOnlyWhereItHasTo() throws {
    let golden = try Golden("llama-gqa")
    let source = try Fixture.text(golden.model.directory.file("config.json"))
    try withSaved(golden.model.removingBlocks([1])) { folder in
      let expected =
        source
        .replacing("\"num_hidden_layers\": 4", with: "\"num_hidden_layers\": 3")
        .replacing(
          "\"vocab_size\": 61\n",
          with: "\"vocab_size\": 61,\n  \"rope_theta\": 10000.0\n"
        )
      let found = try Fixture.text("\(folder)/config.json")
      #expect(found == expected)
    }
  }

  @Test func listsByBlockLoseTheirEntries() throws {
    try Fixture.withFolder { source in
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(source)/\(name)")
      }
      var text = try JSONText(FileSystem.read("\(source)/config.json"))
      text.set("mlp_layer_types", to: ["dense", "dense", "dense", "dense"])
      try FileSystem.write(text.bytes, to: "\(source)/config.json")
      try withSaved(LanguageModel(opening: source).removingBlocks([1])) { folder in
        let saved = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
        #expect(saved["mlp_layer_types"] == ["dense", "dense", "dense"])
      }
    }
  }

  @Test func shardsStayUnderTheLimitAndAreIndexed() throws {
    let golden = try Golden("llama-gqa")
    var format = HuggingFace()
    format.shard = ByteCount(60_000)
    try withSaved(golden.model, format) { folder in
      let names = try FileSystem.names(in: folder).filter { $0.hasSuffix(".safetensors") }
      #expect(names.count > 2)
      #expect(names.first == "model-00001-of-0000\(names.count).safetensors")
      let index = try JSON(parsing: FileSystem.read("\(folder)/model.safetensors.index.json"))
      #expect(index["metadata"]?["total_size"]?.int == (try golden.model.byteCount()))
      #expect(index["weight_map"]?.members?.count == golden.model.configuration.allWeights.count)
      for name in names {
        let file = try SafetensorsFile("\(folder)/\(name)")
        let bytes = try file.names.reduce(0) { try $0 + file.tensor($1).byteCount }
        #expect(bytes <= 60_000)
      }
      let saved = try LanguageModel(opening: folder)
      let loss = try Traversal(saved, .testing()).loss(on: golden.tokens)
      #expect(abs(loss.mean - golden.loss) < 1e-5)
    }
  }

  @Test func weightsAreRoundedWhenAsked() throws {
    let golden = try Golden("llama-gqa")
    var format = HuggingFace()
    format.dtype = .bfloat16
    try withSaved(golden.model, format) { folder in
      let saved = try LanguageModel(opening: folder)
      #expect(try saved.byteCount() == 2 * golden.model.parameterCount)
      let weight = WeightID(.query, block: 2)
      let expected = try golden.model.weights.stored(weight).to(.bfloat16)
      #expect(try saved.weights.stored(weight).equals(expected))
      let config = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
      #expect(config["dtype"] == "bfloat16")
    }
  }

  @Test func aGatedModelIsRefused() throws {
    var model = try Golden("llama-gqa").model
    model.gates.closedBlocks = [1]
    #expect(throws: FileError.self) { try withSaved(model) { _ in } }
  }
}
