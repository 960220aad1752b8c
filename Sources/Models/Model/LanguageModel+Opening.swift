import BillhookFiles

extension LanguageModel {
  /// Opens a Hugging Face model directory; its weights are memory-mapped and read when needed.
  ///
  /// - Parameters:
  ///   - path: The directory, or a name in the Hugging Face cache, as in `hub:org/model`.
  ///   - keys: Keys of `config.json` to ignore; with dots where they are nested.
  /// - Throws: `FileError` that names file and key: an unknown architecture, a missing, unclaimed
  ///   or misshapen tensor, a damaged file, masks for other matrices.
  public init(opening path: String, ignoring keys: [String] = []) throws {
    let directory = try ModelDirectory(path, ignoring: keys)
    let json = try JSON(parsing: directory.configurationText.bytes)
    let reader = ConfigurationReader(path: directory.file("config.json"), json: json)
    let configuration = try Family.configuration(reader)
    let stored = try CheckpointWeights(
      directory,
      holding: configuration,
      in: reader.storedCodes()
    )
    let masks = try MaskFile(directory.file(MaskFile.name), of: configuration)
    let weights: any WeightSource =
      masks.map { MaskedWeights($0, over: stored, at: directory.path) } ?? stored
    self.init(directory: directory, configuration: configuration, weights: weights)
    remarks = configuration.remarks(of: directory.file("config.json"))
  }
}
