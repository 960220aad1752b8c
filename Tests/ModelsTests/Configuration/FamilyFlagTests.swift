import BillhookCore
import Testing
import TestSupport

/// Every flag of every family changes the logits of its sample, so that the comparison of the
/// samples with transformers would notice a flag that is passed over.
@Suite struct FamilyFlagTests {
  /// A sample, a key of its configuration (with dots where it is nested), and another value for it.
  static let flags: [(sample: String, key: String, value: JSON)] = [
    ("llama-linear", "rope_parameters.factor", 1),
    ("llama-linear", "hidden_act", "silu"),
    ("llama-linear", "hidden_act", "gelu_pytorch_tanh"),
    ("llama-dynamic", "rope_parameters.factor", 1),
    ("llama-dynamic", "max_position_embeddings", 64),
    ("llama-llama3", "rope_parameters.factor", 1),
    ("llama-llama3", "rope_parameters.low_freq_factor", 2),
    ("llama-llama3", "rope_parameters.high_freq_factor", 8),
    ("llama-llama3", "rope_parameters.original_max_position_embeddings", 8),
    ("llama-llama3-old", "rope_scaling", .null),
    ("llama-llama3-old", "rope_theta", 500),
    ("llama-yarn", "rope_parameters.factor", 2),
    ("llama-yarn", "rope_parameters.beta_fast", 1),
    ("llama-yarn", "rope_parameters.beta_slow", 3),
    ("llama-yarn", "rope_parameters.attention_factor", 1),
    ("llama-yarn", "rope_parameters.truncate", false),
    ("llama-yarn", "rope_parameters.original_max_position_embeddings", 8),
    ("llama-yarn", "rms_norm_eps", 0.1),
    ("llama-yarn-mscale", "rope_parameters.mscale", 2),
    ("llama-yarn-mscale", "rope_parameters.mscale_all_dim", 2),
    ("llama-yarn-mscale", "rope_parameters.truncate", true),
    ("mistral-window", "sliding_window", 6),
    ("mistral-window", "sliding_window", .null),
    (
      "qwen2-window", "layer_types",
      ["full_attention", "full_attention", "sliding_attention", "sliding_attention"]
    ),
    ("qwen2-window-old", "max_window_layers", 3),
    ("qwen2-window-old", "use_sliding_window", false),
    ("qwen2-window", "sliding_window", 4),
    ("qwen2", "rope_parameters.rope_theta", 500),
    ("qwen3-window-bias", "sliding_window", 5),
    ("qwen3", "rms_norm_eps", 0.1),
    ("gemma", "rms_norm_eps", 0.1),
    ("gemma2", "query_pre_attn_scalar", 8),
    ("gemma2", "attn_logit_softcapping", .null),
    ("gemma2", "final_logit_softcapping", .null),
    ("gemma2", "sliding_window", 4),
    (
      "gemma2", "layer_types",
      ["full_attention", "full_attention", "sliding_attention", "full_attention"]
    ),
    ("gemma3", "sliding_window", 4),
    ("gemma3", "query_pre_attn_scalar", 8),
    ("gemma3", "final_logit_softcapping", .null),
    ("gemma3", "rope_parameters.full_attention.factor", 1),
    ("gemma3", "rope_parameters.sliding_attention.rope_theta", 5000),
    ("gemma3-old", "rope_local_base_freq", 5000),
    ("gemma3-old", "rope_scaling", .null),
    ("gemma3-old", "sliding_window_pattern", 2),
    ("phi3", "sliding_window", .null),
    ("phi3-longrope", "rope_parameters.attention_factor", 1),
    ("phi3-longrope", "rope_parameters.factor", 2),
    ("phi3-longrope", "max_position_embeddings", 32),
    ("phi3-longrope", "rope_parameters.long_factor", [1, 1, 1, 1]),
    ("phi3-longrope-old", "rope_scaling.short_factor", [1, 1, 1, 2]),
    ("phi3-longrope-old", "rope_scaling", .null),
    ("smollm3", "no_rope_layers", [1, 1, 1, 1, 0]),
    ("smollm3", "no_rope_layers", .null),
    ("smollm3-window-bias", "no_rope_layer_interval", 3),
    ("smollm3-window-bias", "use_sliding_window", false),
    ("smollm3-window-bias", "sliding_window", 6),
    ("olmo2", "rope_parameters.rope_theta", 500),
    ("olmo2-bias", "rms_norm_eps", 0.1),
    ("olmo3", "rope_parameters.full_attention.factor", 2),
    ("olmo3", "rope_parameters.sliding_attention.rope_theta", 50),
    ("olmo3", "sliding_window", 4),
    ("olmo3-old", "rope_scaling", .null),
    (
      "olmo3-old", "layer_types",
      ["full_attention", "sliding_attention", "full_attention", "full_attention"]
    ),
    ("granite", "embedding_multiplier", 1),
    ("granite", "attention_multiplier", 0.5),
    ("granite", "residual_multiplier", 0.5),
    ("granite", "logits_scaling", 1),
    ("ministral3", "rope_parameters.llama_4_scaling_beta", 0),
    ("ministral3", "rope_parameters.llama_4_scaling_beta", 0.1),
    ("ministral3", "rope_parameters.factor", 4),
    ("ministral3-window", "rope_parameters.original_max_position_embeddings", 4),
    ("ministral3-window", "sliding_window", .null),
    ("granite4", "position_embedding_type", .null),
    ("granite4", "residual_multiplier", 0.5),
    ("granite4-nope-bias", "position_embedding_type", "rope"),
    ("ministral", "sliding_window", 6),
    (
      "ministral", "layer_types",
      ["sliding_attention", "full_attention", "full_attention", "full_attention"]
    ),
    ("exaone4", "sliding_window_pattern", 2),
    ("exaone4", "sliding_window", 4),
    ("exaone4-full", "rope_parameters.factor", 1),
    ("arcee", "hidden_act", "silu"),
    ("arcee", "rope_parameters.factor", 2),
  ]

  @Test(arguments: flags.indices)
  func changesTheLogits(index: Int) throws {
    let flag = Self.flags[index]
    let golden = try Golden(flag.sample)
    let windows = golden.tokens.windows.prefix(2).map(\.tokens)
    let changed = try Fixture.withFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        try FileSystem.write(
          FileSystem.read(golden.model.directory.file(name)),
          to: "\(folder)/\(name)"
        )
      }
      let source = try JSON(parsing: FileSystem.read("\(folder)/config.json"))
      let path = flag.key.split(separator: ".").map(String.init)
      let text = source.replacing(path[...], by: flag.value).text()
      try FileSystem.write(Array(text.utf8), to: "\(folder)/config.json")
      return try Traversal(LanguageModel(opening: folder), .testing()).logits(of: windows).doubles()
    }
    #expect(differenceToScale(changed, golden.logits) > 1e-4)
  }
}

extension JSON {
  /// The value with another one at the end of a path of keys.
  fileprivate func replacing(_ path: ArraySlice<String>, by value: JSON) -> JSON {
    guard let key = path.first, let members else { return value }
    let new = (self[key] ?? .object([])).replacing(path.dropFirst(), by: value)
    let others = members.filter { $0.key != key }
    return .object(others + [Member(key: key, value: new)])
  }
}
