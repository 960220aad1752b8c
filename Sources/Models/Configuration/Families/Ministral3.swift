import BillhookFiles

extension Family {
  /// Ministral 3: Mistral with queries that grow with their positions.
  static let ministral3 = Family(
    architecture: "Ministral3ForCausalLM",
    modelType: "ministral3",
    defaults: [
      JSON.Member(key: "vocab_size", value: 131_072),
      JSON.Member(key: "hidden_size", value: 4096),
      JSON.Member(key: "intermediate_size", value: 14_336),
      JSON.Member(key: "num_hidden_layers", value: 34),
      JSON.Member(key: "num_attention_heads", value: 32),
      JSON.Member(key: "num_key_value_heads", value: 8),
      JSON.Member(key: "max_position_embeddings", value: 262_144),
      JSON.Member(key: "bos_token_id", value: 1),
      JSON.Member(key: "eos_token_id", value: 2),
    ]
  ) {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention(headSize: 128)
    attention.rotary = try config.rotary(attention)
    attention.queryScaling = try config.queryScaling()
    attention.window = try config.window(whenAbsent: nil)
    try config.requireLayerTypes(window: attention.window)
    return try config.model(blocks: config.blocks(attention, config.mlp()), epsilon: 1e-5)
  }
}

extension ConfigurationReader {
  /// How queries grow with their positions, from the parameters of rotary positions.
  ///
  /// - Throws: `FileError` when they are missing, or two objects of them contradict each other.
  fileprivate func queryScaling() throws(FileError) -> QueryScaling {
    let objects = [try nested("rope_parameters"), try nested("rope_scaling")].compactMap(\.self)
    guard let first = objects.first else { throw error("rope_parameters", "is missing") }
    let scaling = try first.ownQueryScaling()
    for other in objects.dropFirst() {
      let found = try other.ownQueryScaling()
      guard found == scaling else {
        throw other.error(
          Self.strengthKey,
          "queries grow by \(found.strength) after \(found.length) tokens here, and by "
            + "\(scaling.strength) after \(scaling.length) in `rope_parameters`; remove one"
        )
      }
    }
    return scaling
  }

  private static let strengthKey = "llama_4_scaling_beta"

  private func ownQueryScaling() throws(FileError) -> QueryScaling {
    // A note of the configuration to itself.
    _ = value("max_position_embeddings")
    return QueryScaling(
      strength: try positiveUnlessZero(Self.strengthKey) ?? 0,
      length: try size("original_max_position_embeddings")
    )
  }
}
