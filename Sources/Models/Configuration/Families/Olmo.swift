import BillhookFiles

extension Family {
  /// OLMo 2: norms after the sub-layers and none before them, and over all queries and all keys.
  static let olmo2 = Family(
    architecture: "Olmo2ForCausalLM",
    modelType: "olmo2",
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var (attention, mlp) = try config.olmo2SubLayers()
    attention.rotary = try config.rotary(attention)
    try config.requireLayerTypes(window: nil)
    return try config.model(
      blocks: config.blocks(attention, mlp),
      epsilon: 1e-5,
      names: .olmo2
    )
  }

  /// OLMo 3: OLMo 2 with a sliding window in three of four blocks, whose rotary positions are not
  /// scaled.
  static let olmo3 = Family(architecture: "Olmo3ForCausalLM", modelType: "olmo3") {
    (config: ConfigurationReader) throws(FileError) in
    var (attention, mlp) = try config.olmo2SubLayers()
    let slides = try config.layerTypes(slidingByDefault: { !($0 + 1).isMultiple(of: 4) })
    var sliding = attention
    sliding.window = try config.window(whenAbsent: 4096)
    (attention.rotary, sliding.rotary) = try config.rotaryByKind(
      attention,
      bases: (full: 500_000, sliding: 500_000)
    )
    return try config.model(
      blocks: config.blocks(slides, sliding: sliding, full: attention, mlp),
      lists: [.layerTypes],
      epsilon: 1e-5,
      names: .olmo2
    )
  }
}

extension ConfigurationReader {
  /// The attention and MLP of both generations.
  fileprivate func olmo2SubLayers() throws(FileError) -> (attention: AttentionShape, mlp: MLPShape)
  {
    var attention = try attention()
    attention.hasInputBias = try flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    attention.queryKeyNorm = .allHeads
    attention.hasInputNorm = false
    attention.hasOutputNorm = true
    var mlp = try mlp()
    mlp.hasInputNorm = false
    mlp.hasOutputNorm = true
    return (attention, mlp)
  }
}
