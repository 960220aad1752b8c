import BillhookFiles

extension Family {
  /// Qwen 2 and 2.5: biases on query, key and value; the later blocks may have a sliding window.
  static let qwen2 = Family(architecture: "Qwen2ForCausalLM", modelType: "qwen2") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = true
    return try config.qwen(attention)
  }

  /// Qwen 3: each head's query and key are normalised, instead of biases.
  static let qwen3 = Family(architecture: "Qwen3ForCausalLM", modelType: "qwen3") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention(headSize: 128)
    attention.rotary = try config.rotary(attention)
    attention.queryKeyNorm = .eachHead
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    return try config.qwen(attention)
  }
}

extension ConfigurationReader {
  /// The configuration that both generations share, with the choice of the blocks that have a
  /// sliding window.
  fileprivate func qwen(_ attention: AttentionShape) throws(FileError) -> ModelConfiguration {
    let window = try window(whenAbsent: 4096)
    let windowInUse = try flag("use_sliding_window", default: false) ? window : nil
    let first = try index("max_window_layers", default: 28)
    let slides = try layerTypes(slidingByDefault: { windowInUse != nil && $0 >= first })
    var sliding = attention
    sliding.window = windowInUse
    return try model(
      blocks: blocks(slides, sliding: sliding, full: attention, mlp()),
      lists: [.layerTypes]
    )
  }
}
