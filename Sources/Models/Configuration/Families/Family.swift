/// A family of models: which configuration it is, and how that is read.
struct Family: Sendable {
  /// The class that `architectures` names.
  let architecture: String
  /// What `model_type` calls it.
  let modelType: String
  /// What transformers calls the class of its configuration.
  var configurationClass: String?
  /// Whether transformers refuses numbers of heads that do not divide the hidden size.
  var headsDivideHiddenSize = false
  /// Turns the configuration into a description that the decoder follows.
  let read: @Sendable (ConfigurationReader) throws(ModelError) -> ModelConfiguration

  /// The families that Billhook knows.
  static let all: [Family] = [
    .llama, .mistral, .qwen2, .qwen3, .gemma, .gemma2, .gemma3, .phi3,
  ]

  /// Reads a configuration with the family that it names.
  ///
  /// - Throws: `ModelError` naming the key that is missing, wrong or not supported.
  static func configuration(_ reader: ConfigurationReader) throws(ModelError)
    -> ModelConfiguration
  {
    guard let value = reader.value("architectures"), !value.isNull else {
      throw reader.error("architectures", "is missing; it names the model's class")
    }
    guard let named = value.array?.first?.string else {
      throw reader.wrong("architectures", expected: "a list with the model's class", found: value)
    }
    let isCustom = named.hasPrefix(CustomArchitecture.prefix)
    let name = isCustom ? String(named.dropFirst(CustomArchitecture.prefix.count)) : named
    guard let family = all.first(where: { $0.architecture == name }) else {
      let known = all.map(\.architecture).joined(separator: ", ")
      throw reader.error("architectures", "\(named) is not supported; supported: \(known)")
    }
    if reader.has("quantization_config") {
      throw reader.error(
        "quantization_config",
        "quantised weights cannot be pruned; start from the unquantised model"
      )
    }
    let modelType = isCustom ? CustomArchitecture.modelType(of: family) : family.modelType
    try reader.require("model_type", [.string(modelType)])
    var configuration = try family.read(reader)
    if isCustom { try reader.applyLayerWidths(to: &configuration) }
    configuration.architecture = name
    try reader.refuseUnread()
    return configuration
  }

  /// The family of a configuration.
  static func of(_ configuration: ModelConfiguration) -> Family? {
    all.first { $0.architecture == configuration.architecture }
  }
}
