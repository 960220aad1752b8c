import BillhookCore
import Testing
import TestSupport

/// What a family cannot do is refused by its key.
@Suite struct FamilyErrorTests {
  /// A sample, a key with another value, and what the error has to say.
  static let edits: [(sample: String, key: String, value: JSON, says: String)] = [
    (
      "phi3", "rope_parameters", ["partial_rotary_factor": 1e30],
      "partial_rotary_factor`: expected at most 1, found 1e+30"
    ),
    (
      "phi3", "rope_parameters", ["partial_rotary_factor": 0.3],
      "partial_rotary_factor`: rotary positions need an even number of channels, found 1 of 4"
    ),
    ("phi3", "partial_rotary_factor", 0.5, "is 1.0, but `partial_rotary_factor` outside it"),
    ("phi3", "model_type", "llama", "names Phi3ForCausalLM, but `model_type` is llama"),
    ("llama-gqa", "partial_rotary_factor", 0.5, "this family rotates all channels of a head"),
    ("llama-gqa", "sliding_window", 4, "4 changes what a LlamaForCausalLM computes"),
    ("gemma", "sliding_window", 4, "4 changes what a GemmaForCausalLM computes"),
    ("mistral", "is_causal", false, "false changes what a MistralForCausalLM computes"),
    ("qwen3", "per_layer_config", ["0": [:]], "changes what a Qwen3ForCausalLM computes"),
    ("phi3", "attention_chunk_size", 8, "8 changes what a Phi3ForCausalLM computes"),
    ("llama-gqa", "pruned_heads", ["1": [0]], "changes what a LlamaForCausalLM computes"),
    (
      "qwen2", "rope_parameters", ["full_attention": ["rope_type": "linear", "factor": 2]],
      "is not known for this family, and may change what it computes"
    ),
    ("llama-gqa", "rms_norm_eps", 1e-300, "a number above zero that fits into 32 bits"),
    (
      "mistral-window", "layer_types",
      ["sliding_attention", "full_attention", "sliding_attention", "sliding_attention"],
      "block 1 is full_attention, which this family does not choose"
    ),
    (
      "qwen2", "layer_types", ["full_attention"], "expected one entry for each of 4 blocks, found 1"
    ),
    (
      "qwen2", "layer_types",
      ["sliding_attention", "full_attention", "full_attention", "full_attention"],
      "block 0 asks for a sliding window, but the configuration gives no size"
    ),
    ("qwen3", "mlp_layer_types", ["dense", "sparse", "dense", "dense"], "4 times \"dense\""),
    ("gemma2", "sliding_window_size", 6, "expected null or 5, found 6"),
    (
      "gemma3", "rope_parameters", ["full_attention": ["rope_type": "default", "a": ["b": 1]]],
      "`rope_parameters.full_attention.a`: is not known for this family, and may change"
    ),
    (
      "gemma3-old", "rope_scaling", ["type": "linear", "factor": 3],
      "is followed by transformers 4 and not by 5, which reads `rope_type`"
    ),
    ("gemma3", "attn_logit_softcapping", 30, "30 changes what a Gemma3ForCausalLM computes"),
    ("gemma3", "use_bidirectional_attention", true, "true changes what a Gemma3ForCausalLM"),
    ("phi3-longrope-old", "rope_theta", 1e300, "fits into 32 bits"),
    ("smollm3", "no_rope_layers", [1, 0, 1], "expected an entry for each of 5 blocks, found 3"),
    ("smollm3", "no_rope_layers", 4, "expected an entry for each of 5 blocks, found no list"),
    ("smollm3", "no_rope_layers", [1, 2, 1, 1, 0], "no_rope_layers[1]`: expected 0 or 1, found 2"),
    (
      "smollm3", "layer_types",
      [
        "full_attention", "sliding_attention", "full_attention", "full_attention",
        "full_attention",
      ],
      "block 1 asks for a sliding window, but the configuration gives no size"
    ),
    ("olmo2", "sliding_window", 4, "4 changes what an Olmo2ForCausalLM computes"),
    ("olmo3-old", "rope_theta", 10000, "which transformers follows in blocks with full attention"),
    ("granite", "residual_multiplier", 0, "a number above zero that fits into 32 bits"),
    ("granite", "sliding_window", 4, "4 changes what a GraniteForCausalLM computes"),
    ("ministral3", "rope_parameters", .null, "`rope_parameters`: is missing"),
    (
      "ministral3", "rope_parameters", ["rope_type": "default", "llama_4_scaling_beta": 0.1],
      "original_max_position_embeddings`: is missing"
    ),
    (
      "ministral3-window", "rope_scaling",
      [
        "rope_type": "default", "rope_theta": 100.0, "original_max_position_embeddings": 3,
        "llama_4_scaling_beta": 0.1,
      ],
      "llama_4_scaling_beta`: queries grow by 0.1 after 3 tokens here, and by 0.7 after 3"
    ),
    ("granite4", "num_local_experts", 4, "experts are not supported; only the dense models"),
    ("granite4", "layer_types", .null, "without it all blocks are state-space layers"),
    (
      "granite4", "layer_types",
      ["full_attention", "linear_attention", "full_attention", "full_attention"],
      "layer_types[1]`: expected full_attention or sliding_attention, found \"linear_attention\""
    ),
    ("granite4", "position_embedding_type", "alibi", "expected null or \"rope\" or \"nope\""),
    (
      "exaone4", "sliding_window_pattern", "LLG",
      "is a text, which transformers reads only beside `layer_types`"
    ),
    ("seed-oss", "sliding_window", 4, "4 changes what a SeedOssForCausalLM computes"),
    ("arcee", "hidden_act", "relu", "expected \"silu\""),
    ("arcee", "sliding_window", 4, "4 changes what an ArceeForCausalLM computes"),
  ]

  @Test(arguments: edits.indices)
  func isNamed(index: Int) throws {
    let edit = Self.edits[index]
    try Fixture.withFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        let source = Fixture.path("models/\(edit.sample)/\(name)")
        try FileSystem.write(FileSystem.read(source), to: "\(folder)/\(name)")
      }
      var text = try JSONText(FileSystem.read("\(folder)/config.json"))
      text.set(edit.key, to: edit.value)
      try FileSystem.write(text.bytes, to: "\(folder)/config.json")
      let error = #expect(throws: FileError.self) { _ = try LanguageModel(opening: folder) }
      let message = "\(error.map { "\($0)" } ?? "")"
      #expect(message.contains("config.json: `"), "\(message)")
      #expect(message.contains(edit.key) || message.contains("partial_rotary_factor"))
      #expect(message.contains(edit.says), "\(message)")
    }
  }

  /// The published files of the larger Gemma 2 say their window twice.
  @Test func aWindowMayBeSaidTwice() throws {
    try Fixture.withFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        let source = Fixture.path("models/gemma2/\(name)")
        try FileSystem.write(FileSystem.read(source), to: "\(folder)/\(name)")
      }
      var text = try JSONText(FileSystem.read("\(folder)/config.json"))
      text.set("sliding_window_size", to: 5)
      try FileSystem.write(text.bytes, to: "\(folder)/config.json")
      #expect(try LanguageModel(opening: folder).blocks[0].attention?.window == 5)
    }
  }
}
