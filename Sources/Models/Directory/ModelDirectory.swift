/// A Hugging Face model directory: its configuration and the files beside the weights.
public struct ModelDirectory: Sendable {
  /// The path of the directory.
  public let path: String
  /// The text of `config.json`.
  public let configurationText: JSONText

  /// Real configurations take a few kilobytes.
  private static let longestConfiguration = 1 << 24

  /// Reads the configuration of a directory; no weight is touched.
  ///
  /// - Throws: `ModelError` when the directory or its `config.json` is missing or damaged.
  init(_ path: String) throws(ModelError) {
    guard FileSystem.isDirectory(path) else {
      throw ModelError(
        path,
        FileSystem.exists(path) ? "expected a model directory" : "does not exist"
      )
    }
    try self.init(configurationAt: "\(path)/config.json")
  }

  /// Reads a configuration; the other files of a model lie beside it.
  ///
  /// - Throws: `ModelError` when it is missing or damaged.
  init(configurationAt file: String) throws(ModelError) {
    let bytes = try FileSystem.read(file, atMost: Self.longestConfiguration)
    do throws(JSONError) {
      configurationText = try JSONText(bytes)
    } catch {
      throw ModelError(file, "\(error)")
    }
    path = FileSystem.parent(of: file)
  }

  /// The path of a file in the directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The path of the tokenizer's file.
  public var tokenizerPath: String { file("tokenizer.json") }
}

extension LanguageModel {
  /// Opens a Hugging Face model directory; its weights are mapped and read when needed.
  ///
  /// - Throws: `ModelError` that names file and key: an unknown architecture, a missing, unclaimed
  ///   or misshapen tensor, a damaged file.
  public init(opening path: String) throws {
    let directory = try ModelDirectory(path)
    let json = try JSON(parsing: directory.configurationText.bytes)
    let reader = ConfigurationReader(path: directory.file("config.json"), json: json)
    let configuration = try Family.configuration(reader)
    let weights = try CheckpointWeights(directory, holding: configuration)
    self.init(directory: directory, configuration: configuration, weights: weights)
  }
}
