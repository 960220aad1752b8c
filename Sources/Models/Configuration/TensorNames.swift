/// The names of the tensors in the files of a family of models.
///
/// Roles that share a name are stacked in one tensor, in the order in which a block has them.
struct TensorNames: Sendable {
  /// Names of the model's own weights.
  let model: [WeightRole: String]
  /// The part of a name before the number of a block.
  let blockPrefix: String
  /// The part of a name after the number of a block.
  let block: [WeightRole: String]

  /// The name of a weight, with its block's position in the file.
  func name(of role: WeightRole, at position: Int?) -> String {
    guard let position else { return model[role] ?? role.rawValue }
    return "\(blockPrefix)\(position).\(block[role] ?? role.rawValue)"
  }

  /// The module of a block that a bias belongs to, as in `self_attn.o_proj`.
  func module(ofBias role: WeightRole) -> String? {
    guard let name = block[role], name.hasSuffix(".bias") else { return nil }
    return String(name.dropLast(".bias".count))
  }

  /// The same names, except for some of a block's weights.
  func renaming(_ block: [WeightRole: String]) -> TensorNames {
    TensorNames(
      model: model,
      blockPrefix: blockPrefix,
      block: self.block.merging(block) { $1 }
    )
  }

  /// The same names, without those of weights that the family's blocks do not have.
  private func without(_ roles: Set<WeightRole>) -> TensorNames {
    TensorNames(
      model: model,
      blockPrefix: blockPrefix,
      block: block.filter { !roles.contains($0.key) }
    )
  }

  /// The modules of a block's norms outside of its sub-layers: those of its attention, or of its MLP.
  func norms(ofAttention isOfAttention: Bool) -> [String] {
    let roles: [WeightRole] =
      isOfAttention ? [.attentionNorm, .attentionOutputNorm] : [.mlpNorm, .mlpOutputNorm]
    return roles.compactMap { block[$0].map { String($0.dropLast(".weight".count)) } }
  }

  /// The names that Llama introduced and most families use.
  static let llama = TensorNames(
    model: [
      .embedding: "model.embed_tokens.weight", .finalNorm: "model.norm.weight",
      .head: "lm_head.weight",
    ],
    blockPrefix: "model.layers.",
    block: [
      .attentionNorm: "input_layernorm.weight",
      .query: "self_attn.q_proj.weight", .queryBias: "self_attn.q_proj.bias",
      .key: "self_attn.k_proj.weight", .keyBias: "self_attn.k_proj.bias",
      .value: "self_attn.v_proj.weight", .valueBias: "self_attn.v_proj.bias",
      .queryNorm: "self_attn.q_norm.weight", .keyNorm: "self_attn.k_norm.weight",
      .output: "self_attn.o_proj.weight", .outputBias: "self_attn.o_proj.bias",
      .mlpNorm: "post_attention_layernorm.weight",
      .gate: "mlp.gate_proj.weight", .gateBias: "mlp.gate_proj.bias",
      .up: "mlp.up_proj.weight", .upBias: "mlp.up_proj.bias",
      .down: "mlp.down_proj.weight", .downBias: "mlp.down_proj.bias",
    ]
  )

  /// The names of Gemma 2 and 3, where each sub-layer has a norm before and one after it.
  static let gemma2 = llama.renaming([
    .attentionOutputNorm: "post_attention_layernorm.weight",
    .mlpNorm: "pre_feedforward_layernorm.weight",
    .mlpOutputNorm: "post_feedforward_layernorm.weight",
  ])

  /// The names of OLMo 2 and 3 and of EXAONE 4, where each sub-layer has a norm after it and none before
  /// it.
  static let olmo2 = llama.without([.attentionNorm, .mlpNorm]).renaming([
    .attentionOutputNorm: "post_attention_layernorm.weight",
    .mlpOutputNorm: "post_feedforward_layernorm.weight",
  ])

  /// The names of the dense models of Granite 4, whose MLP is what is called a shared expert elsewhere.
  static let graniteHybrid = llama.renaming([
    .gate: "shared_mlp.input_linear.weight", .up: "shared_mlp.input_linear.weight",
    .gateBias: "shared_mlp.input_linear.bias", .upBias: "shared_mlp.input_linear.bias",
    .down: "shared_mlp.output_linear.weight", .downBias: "shared_mlp.output_linear.bias",
  ])

  /// The module of a block that is its MLP.
  var mlpModule: String { block[.down].map { String($0.prefix { $0 != "." }) } ?? "mlp" }

  /// The names of Phi-3, which fuses the projections of one input into one tensor.
  static let phi3 = llama.renaming([
    .query: "self_attn.qkv_proj.weight", .key: "self_attn.qkv_proj.weight",
    .value: "self_attn.qkv_proj.weight",
    .gate: "mlp.gate_up_proj.weight", .up: "mlp.gate_up_proj.weight",
    .queryBias: "self_attn.qkv_proj.bias", .keyBias: "self_attn.qkv_proj.bias",
    .valueBias: "self_attn.qkv_proj.bias",
    .gateBias: "mlp.gate_up_proj.bias", .upBias: "mlp.gate_up_proj.bias",
  ])
}
