import BillhookFiles

extension LanguageModel {
  /// Opens a Hugging Face model directory, or a GGUF file; its weights are memory-mapped and read when
  /// needed.
  ///
  /// - Parameters:
  ///   - path: The directory, or a name in the Hugging Face cache, as in `hub:org/model`; or a GGUF
  ///     file, or a directory with nothing but one that was saved there.
  ///   - keys: Keys of the configuration to ignore; with dots where they are nested.
  /// - Throws: `FileError` that names file and key: an unknown architecture, a missing, unclaimed
  ///   or misshapen tensor, a damaged file, masks for other matrices.
  public init(opening path: String, ignoring keys: [String] = []) throws {
    if let file = Self.wholeFile(at: path) {
      try self.init(openingGGUF: file, ignoring: keys)
      return
    }
    let directory = try ModelDirectory(path, ignoring: keys)
    let json = try directory.configurationText.json
    let reader = ConfigurationReader(path: directory.file("config.json"), json: json)
    let configuration = try Family.configuration(reader).named(asIn: directory)
    let stored = try CheckpointWeights(
      directory,
      holding: configuration,
      in: reader.storedCodes()
    )
    let masks = try MaskFile(directory.file(MaskFile.name), of: configuration)
    let weights: any WeightSource =
      masks.map { MaskedWeights($0, over: stored, at: directory.path) } ?? stored
    self.init(directory: directory, configuration: configuration, weights: weights)
    carried = stored.carried
    remarks = configuration.remarks(of: directory.file("config.json"))
  }

  /// The end of the name of a file that holds a whole model.
  package static let wholeFileSuffix = GGUFFile.suffix

  /// The file that holds the whole model which a path names; nil where it is a directory of several.
  ///
  /// - Parameter path: The path of a file or directory.
  /// - Returns: The path of a GGUF file.
  package static func wholeFile(at path: String) -> String? {
    if path.lowercased().hasSuffix(GGUFFile.suffix), !FileSystem.isDirectory(path) { return path }
    let inside = "\(path)/\(GGUFModelWriter.fileName)"
    guard FileSystem.isDirectory(path), !FileSystem.exists("\(path)/config.json"),
      FileSystem.exists(inside)
    else { return nil }
    return inside
  }

  /// What the file that the model was opened from holds, in a few words; nil where it is a directory.
  ///
  /// - Throws: `FileError` when the file cannot be read any more.
  package func fileSummary() throws -> String? {
    guard let path = Self.wholeFile(at: directory.path) else { return nil }
    let file = try GGUFFile(path)
    var bytes: [GGUFTensorType: Int] = [:]
    for entry in file.entries.values { bytes[entry.type, default: 0] += entry.bytes.count }
    let types = bytes.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }.map(\.key.name)
    let architecture = file.metadata[GGUFConfiguration.architectureKey]?.text ?? "?"
    return "GGUF of the architecture \(architecture), \(file.entries.count) tensors in "
      + types.joined(separator: " and ")
  }

  private init(openingGGUF path: String, ignoring keys: [String]) throws {
    let file = try GGUFFile(path)
    let configuration = try GGUFConfiguration(of: file, ignoring: keys)
    let files = try GGUFTokenizerFiles(of: file)
    let directory = ModelDirectory(
      file: path,
      configuration: configuration.text,
      made: files.contents,
      missingTokenizer: files.missing
    )
    self.init(
      directory: directory,
      configuration: configuration.model,
      weights: try GGUFWeights(file, configuration.layout)
    )
    remarks = configuration.model.remarks(of: path)
    if let missing = files.missing {
      remarks.append("\(path): has no tokenizer that is used: \(missing)")
    }
  }
}
