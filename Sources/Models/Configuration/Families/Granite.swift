import BillhookFiles

extension Family {
  /// Granite 3: Llama with factors of the embeddings, of attention scores, of what sub-layers add, and of
  /// the logits.
  static let granite = Family(
    architecture: "GraniteForCausalLM",
    modelType: "granite",
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    attention.scale = try config.positive("attention_multiplier", default: 1)
    var mlp = try config.mlp()
    mlp.hasBias = try config.flag("mlp_bias", default: false)
    try config.requireLayerTypes(window: nil)
    return try config.model(
      blocks: config.blocks(attention, mlp),
      embeddingScale: config.multiplier("embedding_multiplier"),
      residualScale: config.multiplier("residual_multiplier"),
      logitDivisor: config.multiplier("logits_scaling")
    )
  }
}

extension ConfigurationReader {
  /// A factor; nil for one.
  func multiplier(_ key: String) throws(FileError) -> Double? {
    let factor = try positive(key, default: 1)
    return factor == 1 ? nil : factor
  }
}
