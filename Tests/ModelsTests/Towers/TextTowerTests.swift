import BillhookCore
import Testing
import TestSupport

/// The text models of image models: read, pruned, and saved with everything else as it was.
@Suite struct TextTowerTests {
  @Test(arguments: TowerGolden.names)
  func logitsEqualTransformers(name: String) throws {
    let golden = try TowerGolden(name)
    let model = try golden.open()
    #expect(model.remarks.isEmpty)
    #expect(model.parameterCount == golden.parameters)
    #expect(differenceToScale(try golden.logits(of: model), golden.logits) < 1e-4)
    let cut = try model.removingBlocks(golden.removed)
    #expect(differenceToScale(try golden.logits(of: cut), golden.cut) < 1e-4)
    let narrow = try golden.narrowed()
    #expect(differenceToScale(try golden.logits(of: narrow), golden.narrow) < 1e-4)
  }

  @Test func aGGUFFileHasNoRoomForTheImages() throws {
    let model = try TowerGolden("gemma3").open()
    let problem = GGUFModelWriter(model, type: .bf16).obstacle
    #expect(problem?.reason.contains("beside its text model") == true)
  }

  @Test(arguments: TowerGolden.names)
  func whatIsSavedIsStillAnImageModel(name: String) throws {
    let golden = try TowerGolden(name)
    let source = try JSON(contentsOf: "\(golden.path)/config.json")
    let models = [
      (try golden.open().removingBlocks(golden.removed), golden.cut),
      (try golden.narrowed(), golden.narrow),
    ]
    for (model, logits) in models {
      try Fixture.withFolder { folder in
        try ModelWriter(model, dtype: nil, shardLimit: 20_000).write(into: folder)
        let saved = try LanguageModel(opening: folder)
        #expect(saved.configuration.computesLike(model.configuration))
        #expect(differenceToScale(try golden.logits(of: saved), logits) < 1e-4)
        // Everything else is as it was, byte for byte.
        #expect(model.carried.count > 10)
        #expect(saved.carried.map(\.tensor) == model.carried.map(\.tensor))
        #expect(try model.firstCarried(missingIn: saved) == nil)
        #expect(try saved.firstCarried(missingIn: model) == nil)
        let config = try JSON(contentsOf: "\(folder)/config.json")
        for member in source.members ?? [] where member.key != "text_config" {
          #expect(config[member.key] == member.value, "\(member.key)")
        }
        let added = Set((config.members ?? []).map(\.key)).subtracting(
          (source.members ?? []).map(\.key)
        )
        #expect(added == (name == "mistral3" ? ["tie_word_embeddings"] : []))
        let text = config["text_config"]
        #expect(text?["num_hidden_layers"]?.int == model.blocks.count)
        #expect(text?["num_key_value_heads"]?.int == model.blocks[0].attention?.keyValueHeads)
        #expect(text?["intermediate_size"]?.int == model.blocks[0].mlp?.width)
        if let kinds = text?["layer_types"]?.array {
          #expect(
            kinds.map { $0 == "sliding_attention" }
              == model.blocks.map {
                $0.attention?.window != nil
              }
          )
        }
      }
    }
  }

  /// Tensors that are no text keep their type where others are rounded.
  @Test func roundingIsForTheTextModel() throws {
    let model = try TowerGolden("gemma3").open()
    try Fixture.withFolder { folder in
      try ModelWriter(model, dtype: .bfloat16, shardLimit: 1 << 30).write(into: folder)
      let saved = try LanguageModel(opening: folder)
      #expect(try saved.weights.storedType(WeightID(.finalNorm)) == .bfloat16)
      #expect(try model.firstCarried(missingIn: saved) == nil)
      #expect(try JSON(contentsOf: "\(folder)/config.json")["dtype"] == "bfloat16")
    }
  }

  @Test func masksTravelAlong() throws {
    let sparse = try TowerGolden("gemma3-modules").open().masked([.up, .query])
    try Fixture.withFolder { folder in
      try ModelWriter(sparse, dtype: nil, shardLimit: 1 << 30).write(into: folder)
      let saved = try LanguageModel(opening: folder)
      #expect(try saved.maskedProjections() == sparse.maskedProjections())
      #expect(try saved.maskedProjections().count == 10)
      #expect(try saved.brokenMasks(of: sparse).isEmpty)
      #expect(try sparse.firstCarried(missingIn: saved) == nil)
    }
  }

  @Test func aCarriedTensorThatIsLostIsFound() throws {
    let whole = try TowerGolden("gemma3").open()
    try ModelCopy.with(TowerGolden.copied("gemma3-modules")) { copy in
      let lost = "model.multi_modal_projector.mm_input_projection_weight"
      try copy.rewrite { $0[lost] = nil }
      let other = try copy.open()
      let same = try TowerGolden("gemma3-modules").open()
      #expect(try same.firstCarried(missingIn: other) == lost)
      #expect(try other.firstCarried(missingIn: same) == lost)
      #expect(try whole.firstCarried(missingIn: same) != nil)
    }
  }

  @Test func widthsOfTheirOwnAreRefused() throws {
    let model = try TowerGolden("mistral3").open()
    var gates = Gates()
    gates.close(channels: [0], ofBlock: 2)
    let cut = try model.removing(gates)
    let problem = cut.obstacle(to: .family)
    #expect(problem?.reason.hasSuffix("has one shape for all blocks") == true)
    #expect(problem?.remedies == [.evenBlocks])
    for architecture in [SavedArchitecture.custom, .mistral] {
      let reason = model.obstacle(to: architecture)?.reason
      #expect(reason?.contains("keeps its own family, which is the default") == true)
    }
  }

  static let faults: [(sample: String, key: String, value: JSON, says: String)] = [
    ("gemma3", "text_config", .null, "`text_config`: expected an object, found null"),
    (
      "gemma3", "text_config", ["model_type": "llama"],
      "`text_config.model_type`: llama is not supported in a Gemma3ForConditionalGeneration"
    ),
    (
      "mistral3", "architectures", ["LlavaForConditionalGeneration"],
      "names LlavaForConditionalGeneration, but `model_type` is mistral3"
    ),
    (
      "mistral3", "quantization_config", ["bits": 4],
      "`quantization_config`: quantised weights of a Mistral3ForConditionalGeneration are not read"
    ),
    (
      "gemma3", "text_config", ["quantization_config": ["bits": 4]],
      "`text_config.quantization_config`: quantised weights of a Gemma3ForConditionalGeneration"
    ),
    ("mistral3", "model_type", "llava", "LlavaForConditionalGeneration"),
  ]

  @Test func faultsAreNamed() throws {
    for fault in Self.faults {
      try ModelCopy.with(TowerGolden.copied(fault.sample)) { copy in
        try copy.configure { text in
          text.set(fault.key, to: fault.value)
          if fault.value == "llava" {
            text.set("architectures", to: ["LlavaForConditionalGeneration"])
          }
        }
        let error = #expect(throws: FileError.self) { try copy.open() }
        #expect(error?.description.contains(fault.says) == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func aKeyOfTheTextModelIsNamedWhereItStands() throws {
    try ModelCopy.with(TowerGolden.copied("gemma3")) { copy in
      try copy.configure { $0.set("text_config", to: ["num_hidden_layers": 0]) }
      let error = #expect(throws: FileError.self) { try copy.open() }
      #expect(error?.description.contains("`text_config.num_hidden_layers`") == true)
    }
  }

  /// What an error says to ignore is what can be ignored: a key by its place in the whole file.
  @Test func aKeyOfTheTextModelIsIgnoredByItsPlace() throws {
    try ModelCopy.with(TowerGolden.copied("gemma3")) { copy in
      let plain = try copy.open()
      let path = "\(copy.path)/config.json"
      var text = try JSONText(FileSystem.read(path))
      var inner = try #require(try text.object("text_config"))
      inner.set("use_bidirectional_attention", to: true)
      text.set("text_config", to: inner)
      try FileSystem.write(text.bytes, to: path)
      let error = #expect(throws: FileError.self) { try copy.open() }
      let key = "text_config.use_bidirectional_attention"
      #expect(error?.place == key)
      let message = error?.message ?? ""
      #expect(message.hasSuffix("ignore = [\"\(key)\"] }`"), "\(message)")
      let model = try LanguageModel(opening: copy.path, ignoring: [key])
      #expect(model.configuration.computesLike(plain.configuration))
    }
  }

  /// Other programs are given the image model, so cautions name that.
  @Test func cautionsNameTheImageModel() throws {
    let model = try TowerGolden("gemma3").open()
    let cut = try model.removingBlocks([model.blocks.count - 2])
    let cautions = cut.cautions(savedAs: .family)
    #expect(cautions.first?.reason.contains("the saved Gemma3ForConditionalGeneration is") == true)
  }

  @Test func whatEndsATextMayStandInside() throws {
    let directory = try TowerGolden("gemma3").open().directory
    #expect(try directory.endTokens() == [1])
  }

  /// Adapters are for the modules of transformers, whatever the files call them; others are read too.
  @Test(arguments: TowerGolden.names)
  func adaptersAreForTheTextModel(name: String) throws {
    let model = try TowerGolden(name).open()
    let id = WeightID(.query, block: 3)
    let shape = try model.weights.stored(id).shape
    let update = try LowRankUpdate(
      down: Tensor((0..<2 * shape[1]).map { Float($0) / 40 }, shape: [2, shape[1]]),
      up: Tensor((0..<2 * shape[0]).map { Float($0 % 7) / 9 }, shape: [shape[0], 2]),
      scale: 2
    )
    let settings = AdapterSettings(rank: 2, alpha: 4, dropout: 0, usesRootOfRank: false)
    try Fixture.withFolder { folder in
      try AdapterWriter(for: model, settings).write([id: update], base: nil, into: folder)
      let file = try SafetensorsFile("\(folder)/adapter_model.safetensors")
      let module = "base_model.model.model.language_model.layers.3.self_attn.q_proj"
      #expect(Set(file.names) == ["\(module).lora_A.weight", "\(module).lora_B.weight"])
      let config = try JSON(contentsOf: "\(folder)/adapter_config.json")
      #expect(config["target_modules"] == #"(.*\.)?language_model\..*\.(q_proj)"#)
      let merged = try model.merging(adapter: folder)
      let expected = try update.merged(into: model.weights.stored(id))
      #expect(try merged.weights.stored(id).equals(expected))
    }
  }
}
