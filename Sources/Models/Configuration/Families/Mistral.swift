import BillhookFiles

extension Family {
  /// Mistral: Llama without biases; all blocks have the same sliding window, or full attention.
  static let mistral = Family(
    architecture: "MistralForCausalLM",
    modelType: "mistral",
    defaults: [
      JSON.Member(key: "vocab_size", value: 32_000),
      JSON.Member(key: "hidden_size", value: 4096),
      JSON.Member(key: "intermediate_size", value: 14_336),
      JSON.Member(key: "num_hidden_layers", value: 32),
      JSON.Member(key: "num_attention_heads", value: 32),
      JSON.Member(key: "num_key_value_heads", value: 8),
      JSON.Member(key: "max_position_embeddings", value: 131_072),
      JSON.Member(key: "bos_token_id", value: 1),
      JSON.Member(key: "eos_token_id", value: 2),
    ]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.window = try config.window(whenAbsent: 4096)
    try config.requireLayerTypes(window: attention.window)
    return try config.model(blocks: config.blocks(attention, config.mlp()))
  }

  /// Ministral: Mistral that chooses the attention of each block.
  static let ministral = Family(architecture: "MinistralForCausalLM", modelType: "ministral") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    var sliding = attention
    sliding.window = try config.window(whenAbsent: 4096)
    let slides = try config.layerTypes(slidingByDefault: { _ in sliding.window != nil })
    return try config.model(
      blocks: config.blocks(slides, sliding: sliding, full: attention, config.mlp()),
      lists: [.layerTypes]
    )
  }
}
