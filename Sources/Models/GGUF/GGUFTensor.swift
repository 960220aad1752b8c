/// A tensor of a GGUF file: its name, its shape with the length of a row last, and what it holds.
struct GGUFTensor: Sendable {
  let name: String
  let shape: [Int]
  let content: Content

  /// What a tensor holds.
  enum Content: Sendable {
    /// Weights of the model, stacked along their rows.
    case weights([WeightID])
    /// A weight of query or key, whose rows are paired by neighbours and not by halves of a head.
    case interleaved(WeightID, heads: Int)
    /// The weight of a norm plus one.
    case raised(WeightID)
    /// One number everywhere, where an architecture wants a tensor and the model has none.
    case filled(Double)
    /// Numbers that follow from the configuration.
    case values([Float])
  }

  /// The weights that it holds.
  var parts: [WeightID] {
    switch content {
    case .weights(let parts): parts
    case .interleaved(let part, _): [part]
    case .raised(let part): [part]
    case .filled, .values: []
    }
  }

  /// Whether the tensor has a row for each token.
  var isTable: Bool { name == "token_embd.weight" || name == "output.weight" }

  /// The type in which it is stored where weights are to be of a given type.
  ///
  /// Vectors are f32, as llama.cpp needs them. At q4_0 the tables of embedding and logits are q8_0,
  /// where llama.cpp's own tool takes q6_K.
  func type(in type: GGUFTensorType) -> GGUFTensorType {
    if shape.count == 1 { return .f32 }
    return type == .q4_0 && isTable ? .q8_0 : type
  }
}

extension WeightRole {
  /// The name of the weight in GGUF files, after the block where it has one.
  var ggufName: String {
    switch self {
    case .embedding: "token_embd.weight"
    case .finalNorm: "output_norm.weight"
    case .head: "output.weight"
    case .attentionNorm: "attn_norm.weight"
    case .query: "attn_q.weight"
    case .queryBias: "attn_q.bias"
    case .queryNorm: "attn_q_norm.weight"
    case .key: "attn_k.weight"
    case .keyBias: "attn_k.bias"
    case .keyNorm: "attn_k_norm.weight"
    case .value: "attn_v.weight"
    case .valueBias: "attn_v.bias"
    case .output: "attn_output.weight"
    case .outputBias: "attn_output.bias"
    case .attentionOutputNorm: "post_attention_norm.weight"
    case .mlpNorm: "ffn_norm.weight"
    case .gate: "ffn_gate.weight"
    case .gateBias: "ffn_gate.bias"
    case .up: "ffn_up.weight"
    case .upBias: "ffn_up.bias"
    case .down: "ffn_down.weight"
    case .downBias: "ffn_down.bias"
    case .mlpOutputNorm: "post_ffw_norm.weight"
    }
  }
}
