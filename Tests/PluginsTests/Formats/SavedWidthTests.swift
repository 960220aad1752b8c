import BillhookEngine
import BillhookFiles
import BillhookModels
import BillhookTorch
@testable import BillhookPlugins
import Testing
import TestSupport

/// Narrower models as they are written; transformers reads them as Scripts/unit_reference.py says.
@Suite struct SavedWidthTests {
  private func logits(_ model: LanguageModel, _ golden: Golden) throws -> [Double] {
    try Traversal(model, .testing()).logits(of: [golden.tokens.windows[0].tokens]).doubles()
  }

  private func check(
    _ model: LanguageModel,
    _ architecture: HuggingFace.Architecture,
    _ golden: Golden,
    _ look: (String, LanguageModel) throws -> Void = { _, _ in }
  ) throws {
    var format = HuggingFace()
    format.architecture = architecture
    #expect(format.obstacle(to: model) == nil)
    try Fixture.withFolder { folder in
      try format.write(model, into: folder, .testing())
      let saved = try LanguageModel(opening: folder)
      #expect(saved.configuration.computesLike(model.configuration))
      #expect(saved.parameterCount == model.parameterCount)
      let difference = differenceToScale(try logits(saved, golden), try logits(model, golden))
      #expect(difference < 1e-5)
      try look(folder, saved)
    }
  }

  @Test(arguments: Golden.names)
  func anyWidthsFitBesideCode(name: String) throws {
    let golden = try Golden(name)
    for narrow in try NarrowCase.all(of: name) {
      let cut = try golden.model.removing(narrow.gates)
      #expect(HuggingFace().obstacle(to: cut) != nil)
      #expect(throws: FileError.self) {
        try Fixture.withFolder { try HuggingFace().write(cut, into: $0, .testing()) }
      }
      try check(cut, .custom, golden) { folder, saved in
        #expect(FileSystem.exists("\(folder)/modeling_billhook.py"))
        // What was saved once is pruned and saved again.
        let smaller = try saved.removingBlocks([0])
        try check(smaller, .custom, golden)
      }
    }
  }

  @Test(arguments: Golden.names)
  func biasesFitBesideCode(name: String) throws {
    let golden = try Golden(name)
    try Fixture.withFolder { folder in
      let plain = golden.model.addingBiases(toAttention: true, toMLP: true)
      let before = try logits(golden.model, golden)
      #expect(differenceToScale(try logits(plain, golden), before) < 1e-6)
      let hidden = plain.configuration.hiddenSize
      let bias = try Tensor((0..<hidden).map { Float($0) / 64 })
      let model = try plain.editing(
        [WeightID(.outputBias, block: 0): bias, WeightID(.downBias, block: 1): bias],
        at: "\(folder)/new.safetensors"
      )
      var beside: LanguageModel?
      try check(model, .custom, golden) { path, _ in
        try FileSystem.rename(path, to: "\(folder)/beside")
        beside = try LanguageModel(opening: "\(folder)/beside")
      }
      let withKeys = [
        "LlamaForCausalLM", "SmolLM3ForCausalLM", "GraniteForCausalLM", "ArceeForCausalLM",
        "SeedOssForCausalLM",
      ]
      if withKeys.contains(golden.model.configuration.architecture) {
        try check(model, .family, golden)
        // What stands in the entries of layers is said by the family's keys.
        try check(#require(beside), .family, golden)
      } else {
        #expect(HuggingFace().obstacle(to: model)?.contains("biases") == true)
      }
    }
  }

  @Test(arguments: Golden.names)
  func equalWidthsFitTheFamily(name: String) throws {
    let golden = try Golden(name)
    var gates = Gates()
    let groups = golden.model.blocks[0].attention?.keyValueHeads ?? 1
    for block in golden.model.blocks {
      gates.close(channels: [block.sourceIndex, 20], ofBlock: block.sourceIndex)
      // Two groups, or one query head where there is one group.
      let heads = block.attention.map { $0.queryHeads / $0.keyValueHeads * (groups / 2) } ?? 0
      guard block.attention?.whyHeadsStay == nil else { continue }
      gates.close(heads: groups > 1 ? 0..<heads : 1..<2, ofBlock: block.sourceIndex)
    }
    let cut = try golden.model.removing(gates)
    let heads = try #require(cut.blocks[0].attention?.queryHeads)
    guard name != "llama-heads" else {
      #expect(heads == 4)
      #expect(HuggingFace().obstacle(to: cut)?.contains("architecture = mistral") == true)
      try check(cut, .mistral, golden) { folder, _ in
        let json = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
        #expect(json["model_type"] == "mistral")
        #expect(json["sliding_window"]?.isNull == true)
      }
      return
    }
    guard !name.hasPrefix("phi3-longrope") else {
      #expect(HuggingFace().obstacle(to: cut)?.contains("longrope") == true)
      return
    }
    try check(cut, .family, golden) { folder, saved in
      let json = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
      #expect(json["num_attention_heads"]?.int == heads)
      if cut.blocks[0].attention != golden.model.blocks[0].attention {
        #expect(json["head_dim"]?.int == saved.blocks[0].attention?.headSize)
      }
      let widthKey =
        name.hasPrefix("granite4") ? "shared_intermediate_size" : "intermediate_size"
      #expect(json[widthKey]?.int == saved.blocks[0].mlp?.width)
      #expect(json["architectures"] == [.string(golden.model.configuration.architecture)])
    }
  }

  @Test func damagedWidthsAreRefused() throws {
    let golden = try Golden("llama-gqa")
    let cut = try golden.model.removing(NarrowCase.all(of: "llama-gqa")[1].gates)
    var format = HuggingFace()
    format.architecture = .custom
    try Fixture.withFolder { folder in
      try format.write(cut, into: folder, .testing())
      let config = "\(folder)/config.json"
      let text = try Fixture.text(config)
      for (written, damaged, says) in [
        ("\"layer_widths\"", "\"layers\"", "layer_widths"),
        ("\"num_key_value_heads\": 0", "\"num_key_value_heads\": 1", "cannot share"),
        ("\"biases\": []", "\"biases\": [1]", "biases"),
        ("\"billhook_llama\"", "\"llama\"", "model_type"),
      ] {
        #expect(text.contains(written))
        let changed = text.replacing(written, with: damaged)
        try FileSystem.write(Array(changed.utf8), to: config)
        let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
      }
    }
  }
}
