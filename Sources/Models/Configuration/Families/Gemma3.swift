import BillhookFiles

extension Family {
  /// The text models of Gemma 3: Gemma 2 without soft caps in attention, with normalised heads, and
  /// with a smaller rotary base in blocks with a sliding window.
  static let gemma3 = Family(
    architecture: "Gemma3ForCausalLM",
    modelType: "gemma3_text",
    configurationClass: "Gemma3TextConfig",
    headsDivideHiddenSize: true,
    unsupportedKeys: ["attn_logit_softcapping": []],
    defaults: [
      JSON.Member(key: "vocab_size", value: 262_208),
      JSON.Member(key: "hidden_size", value: 2304),
      JSON.Member(key: "intermediate_size", value: 9216),
      JSON.Member(key: "num_hidden_layers", value: 26),
      JSON.Member(key: "num_attention_heads", value: 8),
      JSON.Member(key: "num_key_value_heads", value: 4),
      JSON.Member(key: "head_dim", value: 256),
      JSON.Member(key: "max_position_embeddings", value: 131_072),
      JSON.Member(key: "bos_token_id", value: 2),
      JSON.Member(key: "eos_token_id", value: 1),
    ]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var (attention, mlp) = try config.gemma2SubLayers()
    attention.queryKeyNorm = .eachHead
    let pattern = try config.size("sliding_window_pattern", default: 6)
    let slides = try config.layerTypes(slidingByDefault: { ($0 + 1) % pattern != 0 })
    var sliding = attention
    sliding.window = try config.window(whenAbsent: 4096)
    (attention.rotary, sliding.rotary) = try config.rotaryByKind(
      attention,
      bases: (full: 1_000_000, sliding: 10_000),
      slidingKey: "rope_local_base_freq"
    )
    return try config.gemma(
      blocks: config.blocks(slides, sliding: sliding, full: attention, mlp),
      lists: [.layerTypes],
      logitSoftCap: config.optionalPositive("final_logit_softcapping"),
      names: .gemma2
    )
  }
}
