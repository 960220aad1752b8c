import BillhookFiles

extension Family {
  /// Phi-3, 3.5 and 4: Llama with the projections of one input fused into one tensor.
  static let phi3 = Family(architecture: "Phi3ForCausalLM", modelType: "phi3") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention, readsShare: true, defaultLength: 4096)
    attention.window = try config.window(whenAbsent: nil)
    try config.requireLayerTypes(window: attention.window)
    return try config.model(
      blocks: config.blocks(attention, config.mlp()),
      epsilon: 1e-5,
      names: .phi3
    )
  }
}
