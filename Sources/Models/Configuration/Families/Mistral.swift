import BillhookFiles

extension Family {
  /// Mistral: Llama without biases; all blocks have the same sliding window, or full attention.
  static let mistral = Family(architecture: "MistralForCausalLM", modelType: "mistral") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.window = try config.window(whenAbsent: 4096)
    try config.requireLayerTypes(window: attention.window)
    return try config.model(blocks: config.blocks(attention, config.mlp()))
  }
}
