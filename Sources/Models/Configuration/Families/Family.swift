import BillhookFiles

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
  /// Keys that its classes in transformers read and the decoder does not follow, with the values at
  /// which they change nothing.
  var unsupportedKeys: [String: [JSON]] = [:]
  /// Turns the configuration into a description that the decoder follows.
  let read: @Sendable (ConfigurationReader) throws(FileError) -> ModelConfiguration

  /// The families that Billhook knows.
  static let all: [Family] = [
    .llama, .mistral, .qwen2, .qwen3, .gemma, .gemma2, .gemma3, .phi3,
  ]

  /// Reads a configuration with the family that it names.
  ///
  /// - Throws: `FileError` naming the keys that are missing, wrong or not supported.
  static func configuration(_ reader: ConfigurationReader) throws(FileError)
    -> ModelConfiguration
  {
    let (family, isCustom) = try named(by: reader)
    if reader.has("quantization_config") {
      throw reader.error(
        "quantization_config",
        "quantised weights cannot be pruned; start from the unquantised model"
      )
    }
    var configuration: ModelConfiguration
    do throws(FileError) {
      configuration = try family.read(reader)
      if isCustom { try reader.applyLayerWidths(to: &configuration) }
    } catch {
      _ = try reader.finish(family, stoppedBy: error)
      throw error
    }
    configuration.architecture = family.architecture
    configuration.unreadKeys = try reader.finish(family)
    return configuration
  }

  /// The family of a configuration.
  static func of(_ configuration: ModelConfiguration) -> Family? {
    all.first { $0.architecture == configuration.architecture }
  }
}
