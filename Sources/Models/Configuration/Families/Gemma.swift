import BillhookFiles

extension Family {
  /// Gemma 1: norms with an offset, scaled embeddings, a GELU gate.
  static let gemma = Family(
    architecture: "GemmaForCausalLM",
    modelType: "gemma",
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention(headSize: 256)
    attention.rotary = try config.rotary(attention)
    attention.hasInputBias = try config.flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    // The first releases wrote "gelu" and meant its approximation, as all loaders assume.
    config.require("hidden_act", ["gelu", "gelu_pytorch_tanh"])
    config.require("hidden_activation", [.null, "gelu_pytorch_tanh"])
    try config.requireLayerTypes(window: nil)
    let mlp = MLPShape(width: try config.size("intermediate_size"), activation: .geluTanh)
    return try config.gemma(blocks: config.blocks(attention, mlp), names: .llama)
  }
}

extension ConfigurationReader {
  /// The model around the blocks in all generations: norms with an offset, scaled and tied
  /// embeddings.
  func gemma(
    blocks: [BlockShape],
    lists: Set<BlockList> = [],
    logitSoftCap: Double? = nil,
    names: TensorNames
  ) throws(FileError) -> ModelConfiguration {
    try model(
      blocks: blocks,
      lists: lists,
      normHasOffset: true,
      embeddingScale: Double(size("hidden_size")).squareRoot(),
      logitSoftCap: logitSoftCap,
      tiesByDefault: true,
      names: names
    )
  }

  /// The attention and MLP of Gemma 2 and 3, with a norm after each.
  func gemma2SubLayers() throws(FileError) -> (attention: AttentionShape, mlp: MLPShape) {
    var attention = try attention(headSize: 256)
    attention.hasInputBias = try flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    attention.hasOutputNorm = true
    attention.scale = 1 / (try positive("query_pre_attn_scalar", default: 256)).squareRoot()
    require("hidden_activation", ["gelu_pytorch_tanh"])
    // The first releases have it beside `hidden_activation`, and nothing reads it.
    require("hidden_act", [.null, "gelu", "gelu_pytorch_tanh"])
    var mlp = MLPShape(width: try size("intermediate_size"), activation: .geluTanh)
    mlp.hasOutputNorm = true
    return (attention, mlp)
  }
}
