import BillhookFiles

extension Family {
  /// SmolLM3: Llama with blocks without rotary positions; those may have a sliding window.
  static let smolLM3 = Family(architecture: "SmolLM3ForCausalLM", modelType: "smollm3") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention, defaultBase: 2_000_000)
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    var mlp = try config.mlp()
    mlp.hasBias = try config.flag("mlp_bias", default: false)
    let areRotary = try config.rotaryLayers()
    let named = try config.window(whenAbsent: nil)
    var sliding = attention
    sliding.window = try config.flag("use_sliding_window", default: false) ? named : nil
    let slides = try config.layerTypes(slidingByDefault: { sliding.window != nil && !areRotary[$0] }
    )
    var blocks = try config.blocks(slides, sliding: sliding, full: attention, mlp)
    for (number, isRotary) in areRotary.enumerated() where !isRotary {
      blocks[number].attention?.rotary = nil
    }
    return try config.model(
      blocks: blocks,
      lists: [.layerTypes, .rotaryLayers],
      tiesByDefault: true
    )
  }
}
