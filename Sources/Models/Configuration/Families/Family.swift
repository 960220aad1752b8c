/// A family of models: which configuration it is, and how that is read.
struct Family: Sendable {
  /// The class that `architectures` names.
  let architecture: String
  /// Turns the configuration into a description that the decoder follows.
  let read: @Sendable (ConfigurationReader) throws(ModelError) -> ModelConfiguration

  /// The families that Billhook knows.
  static let all: [Family] = [.llama]

  /// Reads a configuration with the family that it names.
  ///
  /// - Throws: `ModelError` naming the key that is missing, wrong or not supported.
  static func configuration(_ reader: ConfigurationReader) throws(ModelError)
    -> ModelConfiguration
  {
    let named = reader.json["architectures"]?.array?.first?.string
    guard let named else {
      throw ModelError(reader.path, at: "architectures", "is missing; it names the model's class")
    }
    guard let family = all.first(where: { $0.architecture == named }) else {
      let known = all.map(\.architecture).joined(separator: ", ")
      throw ModelError(
        reader.path,
        at: "architectures",
        "\(named) is not supported; supported: \(known)"
      )
    }
    if reader.json["quantization_config"].map(\.isNull) == false {
      throw ModelError(
        reader.path,
        at: "quantization_config",
        "quantised weights cannot be pruned; start from the unquantised model"
      )
    }
    return try family.read(reader)
  }
}
