import BillhookFiles

extension Family {
  /// The text models of Gemma 3: Gemma 2 without soft caps in attention, with normalised heads, and
  /// with a smaller rotary base in blocks with a sliding window.
  static let gemma3 = Family(
    architecture: "Gemma3ForCausalLM",
    modelType: "gemma3_text",
    configurationClass: "Gemma3TextConfig",
    headsDivideHiddenSize: true,
    unsupportedKeys: ["attn_logit_softcapping": []]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var (attention, mlp) = try config.gemma2SubLayers()
    attention.normalizesHeads = true
    let pattern = try config.size("sliding_window_pattern", default: 6)
    let slides = try config.layerTypes(slidingByDefault: { ($0 + 1) % pattern != 0 })
    var sliding = attention
    sliding.window = try config.window(whenAbsent: 4096)
    (attention.rotary, sliding.rotary) = try config.gemma3Rotary(attention)
    return try config.gemma(
      blocks: config.blocks(slides, sliding: sliding, full: attention, mlp),
      listsLayerTypes: true,
      logitSoftCap: config.optionalPositive("final_logit_softcapping"),
      names: .gemma2
    )
  }
}

extension ConfigurationReader {
  /// The rotary embeddings of blocks with full attention, and of those with a sliding window.
  fileprivate func gemma3Rotary(
    _ attention: AttentionShape
  ) throws(FileError) -> (full: RotaryDescription, sliding: RotaryDescription) {
    var reader = RotaryReader(configuration: self, headSize: attention.headSize)
    reader.defaultBase = 1_000_000
    let nested = try nested("rope_parameters")
    let scaling = try self.nested("rope_scaling")
    if let scaling, !scaling.has("rope_type"), let type = scaling.value("type"),
      ![.null, "default"].contains(type)
    {
      complain(
        scaling.error(
          "type",
          "is followed by transformers 4 and not by 5, which reads `rope_type` for this family; "
            + "name it so, or remove it"
        )
      )
    }
    let base = try optionalPositive("rope_theta")
    let full = try reader.read(nested?.nested("full_attention") ?? scaling, base: base)
    if let scaling, try reader.read(scaling, base: base) != full {
      throw error("rope_scaling", "contradicts `rope_parameters`; remove one")
    }
    reader.defaultBase = 10_000
    let localBase = try optionalPositive("rope_local_base_freq")
    return (full, try reader.read(nested?.nested("sliding_attention"), base: localBase))
  }
}
