import BillhookFiles

extension Family {
  /// Llama-Nemotron and DeciLM: Llama with widths of its own for each block; here it is one.
  static let nemotronNAS = Family(
    architecture: "DeciLMForCausalLM",
    modelType: "nemotron-nas",
    heldAs: "LlamaForCausalLM"
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    // Each block has its own.
    _ = config.value("intermediate_size")
    config.require("hidden_act", [.null, "silu"])
    try config.requireLayerTypes(window: nil)
    let hasBias = try config.flag("mlp_bias", default: false)
    return try config.model(blocks: config.nemotronBlocks(attention, hasBias: hasBias))
  }
}
