import BillhookFiles

extension Family {
  /// Seed-OSS: Llama with biases on query, key and value, and separately on the output.
  static let seedOSS = Family(
    architecture: "SeedOssForCausalLM",
    modelType: "seed_oss",
    outputBiasKey: "attention_out_bias",
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention(headSize: 128)
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = try config.flag("attention_bias", default: true)
    attention.hasOutputBias = try config.flag("attention_out_bias", default: false)
    var mlp = try config.mlp()
    mlp.hasBias = try config.flag("mlp_bias", default: false)
    try config.requireLayerTypes(window: nil)
    return try config.model(blocks: config.blocks(attention, mlp))
  }
}
