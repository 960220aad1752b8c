import BillhookFiles

extension Family {
  /// Arcee's AFM: Llama with an MLP without a gate, whose activation is a squared ReLU.
  static let arcee = Family(
    architecture: "ArceeForCausalLM",
    modelType: "arcee",
    headsDivideHiddenSize: true,
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    var mlp = try config.mlp(activation: .squaredReLU)
    mlp.isGated = false
    mlp.hasBias = try config.flag("mlp_bias", default: false)
    try config.requireLayerTypes(window: nil)
    return try config.model(blocks: config.blocks(attention, mlp), epsilon: 1e-5)
  }
}
