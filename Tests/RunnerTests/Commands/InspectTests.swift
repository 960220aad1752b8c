import BillhookCore
import Testing
import TestSupport

/// `billhook inspect`, as a user calls it.
@Suite struct InspectTests {
  @Test func saysWhatAModelIsMadeOf() throws {
    let outcome = try Billhook.call(["inspect", Fixture.path("models/gemma3")])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    func line(_ start: String) -> String { lines.first { $0.hasPrefix(start) } ?? "" }
    #expect(line("family").hasSuffix("Gemma3ForCausalLM"))
    // 37 x 16 for the embedding, 7 blocks of 2768, 16 for the final norm.
    #expect(line("weights").contains("19.98 K parameters, 79.94 kB in float32"))
    #expect(line("blocks 0-4").contains("2.768 K parameters"))
    #expect(line("block 5").contains("2.768 K parameters"))
    #expect(lines.contains { $0.contains("sees 5 tokens, rotary base 100, normalised heads") })
    #expect(lines.contains { $0.contains("sees all tokens, rotary base 5000, linear x3") })
    #expect(line("exit").contains("with the embedding's table"))
    #expect(line("prune block").contains("7 units (block 0 to block 6), 2.768 K parameters each"))
  }

  @Test func describesTheTokenizer() throws {
    let outcome = try Billhook.call(["inspect", Fixture.tinyModel])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("before every text"))
  }

  @Test func saysWhatIsPassedOver() throws {
    try ModelCopy.with("llama-gqa") { copy in
      try copy.configure { $0.set("rotary_pct", to: 0.25) }
      let outcome = try Billhook.call(["inspect", copy.path])
      #expect(outcome.status == 0)
      #expect(
        outcome.errors
          == "note: \(copy.path)/config.json: the key `rotary_pct` is ignored, because a "
          + "LlamaForCausalLM does not read it\n"
      )
    }
  }

  /// What stands in a directory in the place of a model is named.
  @Test(arguments: [
    ("tiny-q8_0.gguf", "name the file: tiny-q8_0.gguf"),
    ("adapter_config.json", "holds an adapter"),
    ("model.safetensors", "holds no config.json, which every model directory has"),
  ])
  func aDirectoryWithoutAConfiguration(file: String, said: String) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("{}".utf8), to: "\(folder)/\(file)")
      let outcome = try Billhook.call(["inspect", folder])
      #expect(outcome.status != 0 && outcome.errors.contains(said), "\(outcome.errors)")
    }
  }

  /// Sizes that are possible one by one, and not together.
  @Test func aConfigurationOfTooManyParameters() throws {
    try ModelCopy.with("llama-gqa") { copy in
      let size = JSON.number(JSONNumber(1 << 26))
      let keys = [
        "hidden_size", "intermediate_size", "vocab_size", "num_attention_heads",
        "num_key_value_heads", "head_dim",
      ]
      try copy.configure { text in for key in keys { text.set(key, to: size) } }
      let outcome = try Billhook.call(["inspect", "\(copy.path)/config.json"])
      #expect(outcome.status != 0)
      #expect(outcome.errors.contains("2^56 parameters"), "\(outcome.errors)")
    }
  }

  /// A configuration as it was released, before anything large is downloaded.
  @Test func aConfigurationWithoutWeights() throws {
    let outcome = try Billhook.call(["inspect", Fixture.path("released/SmolLM3-3B.json")])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasPrefix("weights") && $0.contains("3.075 B parameters") })
    #expect(lines.count { $0.hasSuffix("no rotary positions") } == 9)
    let olmo = try Billhook.call(["inspect", Fixture.path("released/OLMo-2-1124-7B.json")])
    #expect(olmo.output.contains("prune attention_head not possible: queries and keys are"))
    #expect(olmo.output.contains("norms over all heads of queries and keys"))
  }

  @Test func codesAreDescribed() throws {
    let outcome = try Billhook.call(["inspect", Fixture.path("quantised/phi3-asymmetric")])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.output.contains(
        "codes           4 bits, with a scale and a zero for each 16 inputs of a row: 14 of 14 projections"
      )
    )
    #expect(outcome.output.contains("prune           not possible: weights are codes"))
  }

  @Test func factorsOfGranite() throws {
    let path = Fixture.path("released/granite-3.3-8b-base.json")
    let outcome = try Billhook.call(["inspect", path])
    #expect(
      outcome.output.contains(
        "factors         embeddings x12, outputs of sub-layers x0.22, logits divided by 16"
      )
    )
  }

  @Test func theTextModelOfAnImageModel() throws {
    for path in ["towers/gemma3", "released/gemma-3-4b-pt.json"] {
      let outcome = try Billhook.call(["inspect", Fixture.path(path)])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(
        outcome.output.hasPrefix(
          "family          Gemma3ForCausalLM, the text model of an image model"
        )
      )
    }
  }

  @Test func aModelThatIsNotThere() throws {
    let outcome = try Billhook.call(["inspect", "/does/not/exist"])
    #expect(outcome.status == 3)
    #expect(outcome.errors == "error: /does/not/exist: does not exist\n")
  }

  /// Of a quantised model's configuration alone, what its codes take is known, and nothing is new about it.
  @Test func aConfigurationOfCodes() throws {
    try Fixture.withFolder { folder in
      for name in ["phi3-asymmetric", "llama-act-order"] {
        let source = Fixture.path("quantised/\(name)")
        let file = "\(folder)/\(name).json"
        try FileSystem.write(FileSystem.read("\(source)/config.json"), to: file)
        let whole = try Billhook.call(["inspect", source])
        let alone = try Billhook.call(["inspect", file])
        #expect(alone.status == 0, "\(alone.errors)")
        func lines(_ text: String) -> [Substring] {
          text.split(separator: "\n").filter { !$0.hasPrefix("tokenizer") }
        }
        #expect(lines(alone.output) == lines(whole.output))
      }
    }
  }

  /// Other kinds of codes are named, also where an old configuration does not.
  @Test(arguments: [
    (#"{"quant_method": "awq", "bits": 4}"#, "\"awq\""),
    (#"{"quant_method": "bitsandbytes", "load_in_4bit": true}"#, "\"bitsandbytes\""),
    (#"{"load_in_8bit": true}"#, "\"bitsandbytes\""),
  ])
  func aConfigurationOfOtherCodes(codes: String, named: String) throws {
    try ModelCopy.with("llama-gqa") { copy in
      let value = try JSON(parsing: codes.utf8)
      try copy.configure { $0.set("quantization_config", to: value) }
      let outcome = try Billhook.call(["inspect", "\(copy.path)/config.json"])
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("these are quantised by \(named)"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("new model"))
    }
  }
}
