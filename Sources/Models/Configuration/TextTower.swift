import BillhookFiles

/// A model of images and text whose text model is of a known family.
///
/// Its `config.json` describes the text model in `text_config`. That model alone is run and pruned; all
/// other tensors are carried along as they are.
struct TextTower: Sendable, Equatable {
  /// The key of `config.json` that describes the text model.
  static let key = "text_config"

  /// The class that `architectures` names.
  let architecture: String
  /// Its `model_type`.
  let modelType: String
  /// The `model_type` of the families that its text model can be of; the first where none is named.
  let textTypes: [String]

  /// The towers that Billhook knows.
  static let all = [
    TextTower(
      architecture: "Gemma3ForConditionalGeneration",
      modelType: "gemma3",
      textTypes: [Family.gemma3.modelType]
    ),
    TextTower(
      architecture: "Mistral3ForConditionalGeneration",
      modelType: "mistral3",
      textTypes: [Family.mistral.modelType, Family.ministral3.modelType]
    ),
  ]

  /// The tower that a configuration names; nil for a text model alone.
  static func named(by reader: ConfigurationReader) -> TextTower? {
    let architecture = reader.value("architectures")?.array?.first?.string
    guard let type = reader.value("model_type")?.string else {
      return all.first { $0.architecture == architecture }
    }
    return all.first { $0.modelType == type }
  }

  /// Reads the configuration of the text model.
  ///
  /// - Throws: `FileError` naming the keys that are missing, wrong or not supported.
  func configuration(_ reader: ConfigurationReader) throws(FileError) -> ModelConfiguration {
    if let named = reader.value("architectures")?.array?.first?.string, named != architecture {
      throw reader.error(
        "architectures",
        "names \(named), but `model_type` is \(modelType); correct the one that is wrong"
      )
    }
    guard let inner = reader.value(Self.key), let members = inner.members else {
      throw reader.wrong(Self.key, expected: "an object", found: reader.value(Self.key) ?? .null)
    }
    // Some programs describe the codes of the text model inside its own object.
    let isInside = inner[ConfigurationReader.codesKey].map { !$0.isNull } ?? false
    if isInside || reader.has(ConfigurationReader.codesKey) {
      throw reader.error(
        (isInside ? "\(Self.key)." : "") + ConfigurationReader.codesKey,
        "quantised weights of \(architecture.withArticle) are not read; start from the unquantised model"
      )
    }
    let type = inner["model_type"]?.string ?? textTypes[0]
    guard let family = Family.all.first(where: { $0.modelType == type }), textTypes.contains(type)
    else {
      throw reader.error(
        "\(Self.key).model_type",
        "\(type) is not supported in \(architecture.withArticle); supported: "
          + textTypes.joined(separator: ", ")
      )
    }
    // The class of the text model has a value for every key.
    let known = Set(members.map(\.key))
    let defaults = (family.defaults + [JSON.Member(key: "model_type", value: .string(type))])
      .filter { !known.contains($0.key) }
    let text = ConfigurationReader(
      path: reader.path,
      json: .object(members + defaults),
      prefix: "\(Self.key)."
    )
    var configuration = try Family.configuration(text)
    configuration.tower = self
    // The outer key decides whether transformers shares the table, and its class does by default.
    configuration.tiesEmbeddings = try reader.flag("tie_word_embeddings", default: true)
    configuration.namesTie = reader.has("tie_word_embeddings")
    return configuration
  }
}

extension TensorNames {
  /// How the files of an image model name the tensors of its text model.
  enum Layout {
    /// As in `language_model.model.norm` and `language_model.lm_head`: published files.
    case underPrefix
    /// As in `model.language_model.norm` and `lm_head`: the modules of transformers.
    case ofModules

    /// Whether a tensor belongs to the text model.
    func isText(_ name: String) -> Bool {
      switch self {
      case .underPrefix: name.hasPrefix("language_model.")
      case .ofModules: name.hasPrefix("model.language_model.") || name.hasPrefix("lm_head.")
      }
    }

    /// The name of a tensor of a text model alone.
    func name(_ alone: String) -> String {
      switch self {
      case .underPrefix: "language_model.\(alone)"
      case .ofModules:
        alone.hasPrefix("model.")
          ? "model.language_model.\(alone.dropFirst("model.".count))" : alone
      }
    }
  }

  /// The names of a text model, as they are inside of an image model.
  func inside(_ layout: Layout) -> TensorNames {
    TensorNames(
      model: model.mapValues(layout.name),
      blockPrefix: layout.name(blockPrefix),
      block: block
    )
  }
}
