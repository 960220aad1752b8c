import BillhookFiles

extension Family {
  /// Granite 3: Llama with factors of the embeddings, of attention scores, of what sub-layers add, and of
  /// the logits.
  static let granite = Family(
    architecture: "GraniteForCausalLM",
    modelType: "granite",
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var mlp = try config.mlp()
    mlp.hasBias = try config.flag("mlp_bias", default: false)
    return try config.granite(mlp, rotary: config.rotary(config.attention()), names: .llama)
  }

  /// The dense models of Granite 4: Granite 3 with the first two matrices of the MLP in one tensor.
  ///
  /// Those with experts or state-space layers are not read.
  static let graniteHybrid = Family(
    architecture: "GraniteMoeHybridForCausalLM",
    modelType: "granitemoehybrid",
    widthKey: "shared_intermediate_size",
    unsupportedKeys: ["sliding_window": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    guard config.value("num_local_experts") == 0 else {
      throw config.error(
        "num_local_experts",
        "experts are not supported; only the dense models of this family are, which have 0"
      )
    }
    guard config.has("layer_types") else {
      throw config.error(
        "layer_types",
        "is missing, and without it all blocks are state-space layers"
      )
    }
    var mlp = try config.mlp()
    mlp.width = try config.size("shared_intermediate_size", default: 1024)
    config.passOver(ofExpertsAndStates)
    config.require("normalization_function", [.null, "rmsnorm"])
    config.require("position_embedding_type", [.null, "rope", "nope"])
    let isRotary = config.value("position_embedding_type") == "rope"
    let rotary = try config.rotary(config.attention())
    return try config.granite(mlp, rotary: isRotary ? rotary : nil, names: .graniteHybrid)
  }
}

/// Keys of experts and state-space layers, which the dense models do not have.
private let ofExpertsAndStates = [
  "num_experts_per_tok", "output_router_logits", "router_aux_loss_coef", "time_step_limit",
  "mamba_n_heads", "mamba_n_groups", "mamba_d_state", "mamba_d_head", "mamba_d_conv",
  "mamba_expand",
  "mamba_chunk_size", "mamba_conv_bias", "mamba_proj_bias", "init_method",
]

extension ConfigurationReader {
  /// The model that both generations share.
  fileprivate func granite(
    _ mlp: MLPShape,
    rotary: RotaryDescription?,
    names: TensorNames
  ) throws(FileError) -> ModelConfiguration {
    var attention = try attention()
    attention.rotary = rotary
    attention.hasInputBias = try flag("attention_bias", default: false)
    attention.hasOutputBias = attention.hasInputBias
    attention.scale = try positive("attention_multiplier", default: 1)
    try requireLayerTypes(window: nil)
    return try model(
      blocks: blocks(attention, mlp),
      embeddingScale: multiplier("embedding_multiplier"),
      residualScale: multiplier("residual_multiplier"),
      logitDivisor: multiplier("logits_scaling"),
      names: names
    )
  }

  /// A factor; nil for one.
  func multiplier(_ key: String) throws(FileError) -> Double? {
    let factor = try positive(key, default: 1)
    return factor == 1 ? nil : factor
  }
}
