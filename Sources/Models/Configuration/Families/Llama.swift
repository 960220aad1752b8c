import BillhookFiles

extension Family {
  /// Llama 1 to 3, and models of the same architecture.
  static let llama = Family(
    architecture: "LlamaForCausalLM",
    modelType: "llama",
    headsDivideHiddenSize: true,
    // Its blocks have full attention, but a key-value cache would drop what is outside the window.
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    var mlp = try config.mlp()
    config.require("activation", [.null, "swiglu"])
    mlp.hasBias = try config.flag("mlp_bias", default: false)
    try config.requireLayerTypes(window: nil)
    return try config.model(blocks: config.blocks(attention, mlp))
  }
}
