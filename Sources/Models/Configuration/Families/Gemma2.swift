import BillhookFiles

extension Family {
  /// Gemma 2: four norms per block, soft caps, a sliding window in every other block.
  static let gemma2 = Family(
    architecture: "Gemma2ForCausalLM",
    modelType: "gemma2",
    headsDivideHiddenSize: true
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var (attention, mlp) = try config.gemma2SubLayers()
    attention.rotary = try config.rotary(attention)
    attention.softCap = try config.optionalPositive("attn_logit_softcapping", whenAbsent: 50)
    let slides = try config.layerTypes(slidingByDefault: { $0 % 2 == 0 })
    var sliding = attention
    sliding.window = try config.window(whenAbsent: 4096)
    // The published configurations of the larger sizes name the window twice.
    let window = sliding.window.map { JSON.number(JSONNumber($0)) } ?? .null
    config.require("sliding_window_size", [.null, window])
    return try config.gemma(
      blocks: config.blocks(slides, sliding: sliding, full: attention, mlp),
      lists: [.layerTypes],
      logitSoftCap: config.optionalPositive("final_logit_softcapping", whenAbsent: 30),
      names: .gemma2
    )
  }
}
