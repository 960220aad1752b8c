import BillhookFiles

extension ConfigurationEdit {
  /// Sets the class of the model and its widths.
  static func setArchitecture(
    _ architecture: SavedArchitecture,
    of model: LanguageModel,
    _ source: JSON,
    in text: inout JSONText
  ) {
    guard let family = Family.of(model.configuration) else { return }
    let wasCustom = source["layer_widths"] != nil
    let wasNemotron = source[NemotronBlocks.key] != nil
    if architecture != .nemotronNAS, wasNemotron {
      text.remove(NemotronBlocks.key)
      text.set("model_type", to: .string(family.modelType))
    }
    if architecture == .custom {
      setCustom(of: model, family, source, in: &text)
    } else if architecture == .nemotronNAS {
      setNemotron(of: model, source, in: &text)
    } else {
      if wasCustom { text.remove("layer_widths") }
      setCode(architecture, of: model, source, in: &text)
      if wasCustom {
        text.set("architectures", to: [.string(family.architecture)])
        text.set("model_type", to: .string(family.modelType))
      }
      setNames(of: family, model, source, in: &text)
      setWidths(of: model, family, source, in: &text)
    }
    if architecture == .mistral {
      text.set("architectures", to: [.string(Family.mistral.architecture)])
      text.set("model_type", to: .string(Family.mistral.modelType))
      // Without the key, a Mistral has a sliding window.
      text.set("sliding_window", to: .null)
      for key in ["attention_bias", "mlp_bias"] where source[key] == false { text.remove(key) }
    }
  }

  /// Sets the class and the type, where the source leaves one out or spells it differently:
  /// transformers goes by the type, others by the class.
  private static func setNames(
    of family: Family,
    _ model: LanguageModel,
    _ source: JSON,
    in text: inout JSONText
  ) {
    guard source["layer_widths"] == nil, model.configuration.tower == nil else { return }
    if source["architectures"]?.array?.first?.string != family.architecture {
      text.set("architectures", to: [.string(family.architecture)])
    }
    if source["model_type"]?.string == nil {
      text.set("model_type", to: .string(family.modelType))
    }
  }

  /// Sets the widths that all blocks share, where they differ from the source.
  private static func setWidths(
    of model: LanguageModel,
    _ family: Family,
    _ source: JSON,
    in text: inout JSONText
  ) {
    func set(_ key: String, _ value: Int?) {
      guard let value, source[key]?.int != value else { return }
      text.set(key, to: .number(JSONNumber(value)))
    }
    let opened = describedBlock(of: model, family, source)
    if let attention = model.blocks[0].attention {
      let before = opened?.attention
      if attention.queryHeads != before?.queryHeads
        || attention.keyValueHeads != before?.keyValueHeads
        || source["num_attention_heads"]?.int != attention.queryHeads
        || source["num_key_value_heads"]?.int == nil
      {
        set("num_attention_heads", attention.queryHeads)
        set("num_key_value_heads", attention.keyValueHeads)
        // Readers compute it from hidden size and heads where it is missing.
        set("head_dim", attention.headSize)
      }
      if attention.hasInputBias, before?.hasInputBias != true {
        text.set("attention_bias", to: true)
      }
      if attention.hasOutputBias, before?.hasOutputBias != true {
        text.set(family.outputBiasKey, to: true)
      }
    }
    if let mlp = model.blocks[0].mlp {
      set(family.widthKey, mlp.width)
      if mlp.hasBias, opened?.mlp?.hasBias != true { text.set("mlp_bias", to: true) }
    }
  }

  /// The first block as the family's own keys of the source describe it, whatever it says of single layers.
  private static func describedBlock(
    of model: LanguageModel,
    _ family: Family,
    _ source: JSON
  ) -> BlockShape? {
    guard source["layer_widths"] != nil, let members = source.members else {
      return model.opened.blocks.first
    }
    let own = members.compactMap { member -> JSON.Member? in
      switch member.key {
      case "layer_widths": nil
      case "architectures": JSON.Member(key: member.key, value: [.string(family.architecture)])
      case "model_type": JSON.Member(key: member.key, value: .string(family.modelType))
      default: member
      }
    }
    let reader = ConfigurationReader(path: "config.json", json: .object(own))
    return (try? Family.configuration(reader))?.blocks.first
  }

  /// Sets an entry for each block, in the keys of a Nemotron-NAS.
  private static func setNemotron(
    of model: LanguageModel,
    _ source: JSON,
    in text: inout JSONText
  ) {
    text.remove("layer_widths")
    // Readers of Mistrals take it for a window.
    text.remove("sliding_window")
    text.set("architectures", to: [.string(Family.nemotronNAS.architecture)])
    text.set("model_type", to: .string(Family.nemotronNAS.modelType))
    setCode(.nemotronNAS, of: model, source, in: &text)
    let attention = model.blocks.lazy.compactMap(\.attention).first
    text.set("num_attention_heads", to: .number(JSONNumber(attention?.queryHeads ?? 1)))
    // Each block has its own.
    text.set("num_key_value_heads", to: .null)
    if attention?.hasInputBias == true { text.set("attention_bias", to: true) }
    if model.blocks.lazy.compactMap(\.mlp).first?.hasBias == true { text.set("mlp_bias", to: true) }
    text.set(NemotronBlocks.key, to: NemotronBlocks.json(of: model.configuration))
  }

  /// Sets an entry for each layer, and the location of the code that reads it.
  private static func setCustom(
    of model: LanguageModel,
    _ family: Family,
    _ source: JSON,
    in text: inout JSONText
  ) {
    text.set("architectures", to: [.string(CustomArchitecture.architecture(of: family))])
    text.set("model_type", to: .string(CustomArchitecture.modelType(of: family)))
    setCode(.custom, of: model, source, in: &text)
    if let size = model.opened.blocks.compactMap(\.attention?.headSize).first {
      text.set("head_dim", to: .number(JSONNumber(size)))
    }
    func number(_ value: Int?) -> JSON { .number(JSONNumber(value ?? 0)) }
    // A Nemotron-NAS need not say it, and readers of the family ask for it.
    if source[family.widthKey]?.int == nil {
      let widest = model.blocks.compactMap(\.mlp?.width).max() ?? 1
      text.set(family.widthKey, to: number(widest))
    }
    let entries = model.blocks.map { block -> JSON in
      let biases = model.configuration.weights(of: block).compactMap {
        model.configuration.names.module(ofBias: $0.id.role)
      }
      var modules: [String] = []
      for module in biases where !modules.contains(module) { modules.append(module) }
      return [
        "num_attention_heads": number(block.attention?.queryHeads),
        "num_key_value_heads": number(block.attention?.keyValueHeads),
        "intermediate_size": number(block.mlp?.width),
        "biases": .array(modules.map(JSON.string)),
      ]
    }
    text.set("layer_widths", to: .array(entries))
  }
}
