extension Family {
  /// Llama 1, 2 and what shares their shape: RMS norms, rotary positions, grouped queries, SwiGLU.
  static let llama = Family(architecture: "LlamaForCausalLM") {
    (config: ConfigurationReader) throws(ModelError) in
    try config.require("hidden_act", ["silu", "swish"])
    try config.require("partial_rotary_factor", [.null, .number(JSONNumber(1))])
    let hiddenSize = try config.size("hidden_size")
    let vocabularySize = try config.size("vocab_size")
    let heads = try config.size("num_attention_heads")
    let keyValueHeads = try config.size("num_key_value_heads", default: heads)
    guard heads % keyValueHeads == 0 else {
      throw ModelError(
        config.path,
        at: "num_key_value_heads",
        "\(heads) query heads cannot share \(keyValueHeads) key and value heads evenly"
      )
    }
    let headSize = try config.size("head_dim", default: max(1, hiddenSize / heads))
    guard headSize % 2 == 0 else {
      throw ModelError(
        config.path,
        at: "head_dim",
        "rotary positions need an even number, found \(headSize)"
      )
    }
    let attentionBias = try config.flag("attention_bias", default: false)
    let attention = AttentionShape(
      queryHeads: heads,
      keyValueHeads: keyValueHeads,
      headSize: headSize,
      hasInputBias: attentionBias,
      hasOutputBias: attentionBias
    )
    let mlp = MLPShape(
      width: try config.size("intermediate_size"),
      hasBias: try config.flag("mlp_bias", default: false)
    )
    return ModelConfiguration(
      architecture: "LlamaForCausalLM",
      vocabularySize: vocabularySize,
      hiddenSize: hiddenSize,
      normEpsilon: try config.positive("rms_norm_eps", default: 1e-6),
      rotary: try RotaryDescription(config),
      tiesEmbeddings: try config.flag("tie_word_embeddings", default: false),
      maximumPositions: try config.size("max_position_embeddings", default: 2048),
      beginningToken: try config.token("bos_token_id", below: vocabularySize),
      blocks: try config.blockRange().map {
        BlockShape(sourceIndex: $0, attention: attention, mlp: mlp)
      },
      names: .llama
    )
  }
}

extension ConfigurationReader {
  /// The numbers of the blocks.
  func blockRange() throws(ModelError) -> Range<Int> {
    let count = try size("num_hidden_layers")
    guard count <= 10_000 else {
      throw ModelError(path, at: "num_hidden_layers", "expected at most 10000, found \(count)")
    }
    return 0..<count
  }
}

extension RotaryDescription {
  /// Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before it).
  init(_ config: ConfigurationReader) throws(ModelError) {
    let outer = try config.positive("rope_theta", default: 10_000)
    let parameters = try config.nested("rope_parameters")
    let scaling = try config.nested("rope_scaling")
    for rope in [parameters, scaling].compactMap({ $0 }) {
      try rope.require("rope_type", [.null, "default"])
      try rope.require("type", [.null, "default"])
    }
    base = try parameters?.positive("rope_theta", default: outer) ?? outer
  }
}
