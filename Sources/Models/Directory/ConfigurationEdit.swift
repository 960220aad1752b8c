import BillhookTorch

/// What has to change in a source's `config.json` so that it describes a pruned model.
///
/// Everything else stays as it was, byte for byte.
enum ConfigurationEdit {
  /// Lists with one entry for each block; they lose the entries of the blocks that are gone.
  private static let listsByBlock = [
    "layer_types", "mlp_layer_types", "no_rope_layers", "attention_types",
  ]

  static func text(for model: LanguageModel, dtype: DType?) throws -> JSONText {
    let path = model.directory.file("config.json")
    var text = model.directory.configurationText
    let source = try JSON(parsing: text.bytes)
    let kept = model.blocks.map(\.sourceIndex)
    if source["num_hidden_layers"]?.int != kept.count {
      text.set("num_hidden_layers", to: .number(JSONNumber(kept.count)))
      for key in listsByBlock {
        guard let list = source[key]?.array else { continue }
        guard let highest = kept.max(), highest < list.count else {
          throw ModelError(path, at: key, "has \(list.count) entries, fewer than there are blocks")
        }
        text.set(key, to: .array(kept.map { list[$0] }))
      }
    }
    // Loaders disagree on the default, so it is always spelled out.
    if source["tie_word_embeddings"] == nil {
      text.set("tie_word_embeddings", to: .bool(model.configuration.tiesEmbeddings))
    }
    // transformers 5 writes the base of the rotary positions in a place that others do not read.
    if source["rope_theta"] == nil, source["rope_parameters"] != nil,
      let base = JSONNumber(model.configuration.rotary.base)
    {
      text.set("rope_theta", to: .number(base))
    }
    if let dtype {
      let key = source["dtype"] == nil && source["torch_dtype"] != nil ? "torch_dtype" : "dtype"
      if source[key]?.string != dtype.rawValue { text.set(key, to: .string(dtype.rawValue)) }
    }
    return text
  }
}
