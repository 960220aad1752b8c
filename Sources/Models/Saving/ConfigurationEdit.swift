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
    guard model.configuration.tower != nil else {
      return try edited(model.directory.configurationText, for: model, dtype, architecture)
    }
    var whole = model.directory.configurationText
    guard let inner = try whole.object(TextTower.key) else {
      throw FileError(model.directory.file("config.json"), at: TextTower.key, "is missing")
    }
    let source = try inner.json
    let isNamed = ["dtype", "torch_dtype"].contains { source[$0] != nil }
    whole.set(
      TextTower.key,
      to: try edited(inner, for: model, isNamed ? dtype : nil, architecture)
    )
    let outer = try whole.json
    // Without the key, the class shares the table.
    if outer["tie_word_embeddings"] == nil, !model.configuration.tiesEmbeddings {
      whole.set("tie_word_embeddings", to: false)
    }
    if let dtype { setType(dtype, outer, in: &whole) }
    return whole
  }

  /// The edits of the object that describes the text model.
  private static func edited(
    _ original: JSONText,
    for model: LanguageModel,
    _ dtype: DType?,
    _ architecture: SavedArchitecture
  ) throws -> JSONText {
    var text = original
    let source = try text.json
    setArchitecture(architecture, of: model, source, in: &text)
    if source["num_hidden_layers"]?.int != model.blocks.count {
      text.set("num_hidden_layers", to: .number(JSONNumber(model.blocks.count)))
      setLists(of: model, source, in: &text)
    }
    // Loaders disagree on the default, so it is always spelled out.
    if source["tie_word_embeddings"] == nil, model.configuration.tower == nil {
      text.set("tie_word_embeddings", to: .bool(model.configuration.tiesEmbeddings))
    }
    setOlderRotary(source, of: model, in: &text)
    try setCodes(of: model, source, in: &text)
    if let dtype { setType(dtype, source, in: &text) }
    return text
  }

  static func setType(_ dtype: DType, _ source: JSON, in text: inout JSONText) {
    let key = source["dtype"] == nil && source["torch_dtype"] != nil ? "torch_dtype" : "dtype"
    if source[key]?.string != dtype.rawValue { text.set(key, to: .string(dtype.rawValue)) }
  }

  /// Sets lists with an entry for each block, and numbers that count blocks.
  private static func setLists(of model: LanguageModel, _ source: JSON, in text: inout JSONText) {
    let kept = model.blocks.map(\.sourceIndex)
    for list in BlockList.allCases {
      let entries = model.blocks.compactMap(list.entry)
      if let old = source[list.rawValue]?.array, kept.allSatisfy(old.indices.contains) {
        text.set(list.rawValue, to: .array(kept.map { old[$0] }))
      } else if model.configuration.lists.contains(list), entries.count == kept.count {
        // Without the list, a family derives it from block numbers, which have changed.
        text.set(list.rawValue, to: .array(entries))
      }
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
  private static func setOlderRotary(
    _ source: JSON,
    of model: LanguageModel,
    in text: inout JSONText
  ) {
    guard let parameters = source["rope_parameters"]?.members, !parameters.isEmpty else { return }
    func setMissing(_ key: String, _ value: JSON?) {
      if let value, source[key].map(\.isNull) ?? true { text.set(key, to: value) }
    }
    let all = JSON.object(parameters)
    let whole = all["full_attention"] ?? all
    setMissing("rope_theta", whole["rope_theta"])
    if model.configuration.architecture == Family.gemma3.architecture {
      setMissing("rope_local_base_freq", all["sliding_attention"]?["rope_theta"])
    }
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
