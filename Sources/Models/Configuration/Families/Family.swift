import BillhookFiles

/// A family of models: the names that its configurations have, and how they are read.
struct Family: Sendable {
  /// The class that `architectures` names.
  let architecture: String
  /// Its `model_type`.
  let modelType: String
  /// The class of its configuration in transformers.
  var configurationClass: String?
  /// The class of the family of which its models are, where it is another way to describe them.
  var heldAs: String?
  /// Whether transformers refuses numbers of heads that do not divide the hidden size.
  var headsDivideHiddenSize = false
  /// The key that says whether the output projection adds a bias.
  var outputBiasKey = "attention_bias"
  /// The key of its MLPs' width.
  var widthKey = "intermediate_size"
  /// Keys that its classes in transformers read and the decoder does not support, with the values
  /// at which they change nothing.
  var unsupportedKeys: [String: [JSON]] = [:]
  /// What its class in transformers takes for keys that are missing, as they are in the configuration of
  /// a text model inside of an image model.
  var defaults: [JSON.Member] = []
  /// Turns the configuration into the description that the decoder works from.
  let read: @Sendable (ConfigurationReader) throws(FileError) -> ModelConfiguration

  /// The families that Billhook knows.
  static let all: [Family] = [
    .llama, .mistral, .ministral, .ministral3, .qwen2, .qwen3, .gemma, .gemma2, .gemma3, .phi3,
    .smolLM3, .olmo2, .olmo3, .granite, .graniteHybrid, .exaone4, .seedOSS, .arcee, .nemotronNAS,
  ]

  /// Reads a configuration with the family that it names.
  ///
  /// - Throws: `FileError` naming the keys that are missing, wrong or not supported.
  static func configuration(_ reader: ConfigurationReader) throws(FileError)
    -> ModelConfiguration
  {
    let configuration = try described(by: reader)
    guard configuration.isCountable else {
      throw reader.error(
        "hidden_size",
        "the sizes here make more than 2^56 parameters together, which no model has"
      )
    }
    return configuration
  }

  private static func described(by reader: ConfigurationReader) throws(FileError)
    -> ModelConfiguration
  {
    if let tower = TextTower.named(by: reader) { return try tower.configuration(reader) }
    let (family, isCustom) = try named(by: reader)
    // Whoever reads the weights reads what is said of their codes.
    _ = reader.value(ConfigurationReader.codesKey)
    var configuration: ModelConfiguration
    do throws(FileError) {
      configuration = try family.read(reader)
      if isCustom { try reader.applyLayerWidths(to: &configuration) }
    } catch {
      _ = try reader.finish(family, stoppedBy: error)
      throw error
    }
    configuration.architecture = family.heldAs ?? family.architecture
    configuration.unreadKeys = try reader.finish(family)
    return configuration
  }

  /// The family of a configuration.
  static func of(_ configuration: ModelConfiguration) -> Family? {
    all.first { $0.architecture == configuration.architecture }
  }
}
