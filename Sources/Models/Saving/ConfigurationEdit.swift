import BillhookFiles
import BillhookTorch

/// The edits of a source's `config.json` that make it describe a pruned model.
///
/// Everything else stays as it was, byte for byte.
enum ConfigurationEdit {
  static func text(
    for model: LanguageModel,
    dtype: DType? = nil,
    as architecture: SavedArchitecture = .family
  ) throws -> JSONText {
    var text = model.directory.configurationText
    let source = try JSON(parsing: text.bytes)
    setArchitecture(architecture, of: model, source, in: &text)
    if source["num_hidden_layers"]?.int != model.blocks.count {
      text.set("num_hidden_layers", to: .number(JSONNumber(model.blocks.count)))
      setLists(of: model, source, in: &text)
    }
    // Loaders disagree on the default, so it is always spelled out.
    if source["tie_word_embeddings"] == nil {
      text.set("tie_word_embeddings", to: .bool(model.configuration.tiesEmbeddings))
    }
    setOlderRotary(source, in: &text)
    try setCodes(of: model, source, in: &text)
    if let dtype {
      let key = source["dtype"] == nil && source["torch_dtype"] != nil ? "torch_dtype" : "dtype"
      if source[key]?.string != dtype.rawValue { text.set(key, to: .string(dtype.rawValue)) }
    }
    return text
  }

  /// Sets lists with an entry for each block, and numbers that count blocks.
  private static func setLists(of model: LanguageModel, _ source: JSON, in text: inout JSONText) {
    let kept = model.blocks.map(\.sourceIndex)
    for key in ["layer_types", "mlp_layer_types"] {
      guard let list = source[key]?.array, kept.allSatisfy(list.indices.contains) else { continue }
      text.set(key, to: .array(kept.map { list[$0] }))
    }
    // Without the list, a family derives it from block numbers, which have changed.
    if model.configuration.listsLayerTypes, source["layer_types"]?.array == nil {
      let kinds = model.blocks.map { block -> JSON in
        block.attention?.window == nil ? "full_attention" : "sliding_attention"
      }
      text.set("layer_types", to: .array(kinds))
    }
    // Some readers find the blocks with full attention by a period, which is set where one still
    // describes them.
    let architecture = model.configuration.architecture
    if let usual = OutsideReader.usualPattern(of: architecture),
      let period = model.blocks.seeingWindows.fullAttentionPeriod,
      (source["sliding_window_pattern"]?.int ?? usual) != period
    {
      text.set("sliding_window_pattern", to: .number(JSONNumber(period)))
    }
    if let first = source["max_window_layers"]?.int {
      let before = kept.count { $0 < first }
      let after = max(0, first - (source["num_hidden_layers"]?.int ?? first))
      text.set("max_window_layers", to: .number(JSONNumber(before + after)))
    }
  }

  /// Copies what transformers 5 keeps in `rope_parameters` to the keys that other readers use.
  private static func setOlderRotary(_ source: JSON, in text: inout JSONText) {
    guard let parameters = source["rope_parameters"]?.members, !parameters.isEmpty else { return }
    func setMissing(_ key: String, _ value: JSON?) {
      if let value, source[key].map(\.isNull) ?? true { text.set(key, to: value) }
    }
    let all = JSON.object(parameters)
    let whole = all["full_attention"] ?? all
    setMissing("rope_theta", whole["rope_theta"])
    setMissing("rope_local_base_freq", all["sliding_attention"]?["rope_theta"])
    setMissing("partial_rotary_factor", whole["partial_rotary_factor"])
    guard let kind = whole["rope_type"]?.string, kind != "default" else { return }
    var outside: Set = ["rope_theta", "partial_rotary_factor", "type"]
    if kind == "longrope" {
      // Readers before transformers 5 accept the kind and the two lists, and nothing else.
      setMissing("original_max_position_embeddings", whole["original_max_position_embeddings"])
      outside.formUnion(["rope_type", "original_max_position_embeddings"])
    }
    let rest = (whole.members ?? []).filter { !outside.contains($0.key) }
    let type = kind == "longrope" ? [JSON.Member(key: "type", value: "longrope")] : []
    setMissing("rope_scaling", .object(type + rest))
  }
}
