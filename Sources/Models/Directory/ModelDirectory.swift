public import BillhookFiles
public import BillhookTokenizer

/// A Hugging Face model directory: its configuration and the files beside the weights; or a file that
/// holds all of them.
public struct ModelDirectory: Sendable {
  /// The name of the file with the masks of a sparse model.
  package static let masksName = "billhook.masks"

  /// The path of the directory, or of the file.
  public let path: String
  /// The text of `config.json`.
  public let configurationText: JSONText
  /// The files that are copied when the model is saved, as they were when the directory was opened.
  public let companions: Companions

  /// Why there is no tokenizer where one was looked for in a file that holds a whole model.
  private var missingTokenizer: String?

  /// The largest configuration in bytes; real ones have a few kilobytes.
  private static let longestConfiguration = 1 << 24

  /// Reads the configuration of a directory, but no weights.
  ///
  /// - Parameters:
  ///   - path: The directory, or a name in the Hugging Face cache, as in `hub:org/model`.
  ///   - keys: Keys of `config.json` to ignore; with dots where they are nested.
  /// - Throws: `FileError` when the directory or its `config.json` is missing or damaged.
  init(_ path: String, ignoring keys: [String] = []) throws(FileError) {
    let directory = try HubCache().directory(of: path)
    guard FileSystem.isDirectory(directory) else { throw Self.missing(directory, named: path) }
    if let problem = Self.lacksConfiguration(directory) { throw FileError(directory, problem) }
    try self.init(
      configurationAt: "\(directory)/config.json",
      ignoring: keys,
      companions: try Companions(in: directory)
    )
  }

  /// Reads a configuration file, beside which the other files of the model are.
  ///
  /// - Throws: `FileError` when it is missing or damaged.
  init(configurationAt file: String, ignoring keys: [String] = []) throws(FileError) {
    let folder = FileSystem.parent(of: file)
    try self.init(
      configurationAt: file,
      ignoring: keys,
      companions: try Companions(besideConfigurationIn: folder)
    )
  }

  private init(
    configurationAt file: String,
    ignoring keys: [String],
    companions: Companions
  ) throws(FileError) {
    let bytes = try FileSystem.read(file, atMost: Self.longestConfiguration)
    do {
      var text = try JSONText(bytes, nonFinite: .kept)
      for key in keys {
        guard try text.remove(path: key) else {
          throw FileError(file, at: key, "is to be ignored, but there is no such key")
        }
      }
      configurationText = text
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError(file, "\(error)")
    }
    path = FileSystem.parent(of: file)
    self.companions = companions
  }

  /// A file that holds a whole model.
  ///
  /// - Parameters:
  ///   - file: The path of the file.
  ///   - configuration: What it says, in the words of a `config.json`.
  ///   - made: The other files of a model directory, made of what the file holds.
  ///   - missingTokenizer: Why there is no tokenizer among them.
  init(
    file: String,
    configuration: JSONText,
    made: [String: [UInt8]],
    missingTokenizer: String?
  ) {
    path = file
    configurationText = configuration
    companions = Companions(made: made)
    self.missingTokenizer = missingTokenizer
  }

  /// The path of a file in the directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The path of the tokenizer's file.
  public var tokenizerPath: String { file("tokenizer.json") }

  /// Whether the model has a tokenizer.
  public var hasTokenizer: Bool {
    companions.made["tokenizer.json"] != nil || FileSystem.exists(tokenizerPath)
  }

  /// The model's tokenizer.
  ///
  /// - Throws: `TokenizerError` when there is none, or it asks for something unsupported.
  public func tokenizer() throws(TokenizerError) -> Tokenizer {
    if let bytes = companions.made["tokenizer.json"] {
      return try Tokenizer(parsing: bytes, file: tokenizerPath)
    }
    if let missingTokenizer {
      throw TokenizerError(file: path, key: "", problem: missingTokenizer)
    }
    return try Tokenizer(contentsOf: tokenizerPath)
  }

  /// The bytes of a file of the model; nil where there is no such file.
  ///
  /// - Throws: `FileError` when it cannot be read.
  package func contents(of name: String) throws(FileError) -> [UInt8]? {
    if let bytes = companions.made[name] { return bytes }
    guard FileSystem.exists(file(name)) else { return nil }
    return try FileSystem.read(file(name), atMost: 1 << 28)
  }

  /// A file of the model as JSON, in which Python may have written `NaN` and `Infinity`; nil where there
  /// is no such file.
  ///
  /// - Throws: `FileError` when it cannot be read or is damaged.
  func json(_ name: String) throws(FileError) -> JSON? {
    guard let bytes = try contents(of: name) else { return nil }
    do throws(JSONError) {
      return try JSON(parsing: bytes, nonFinite: .kept)
    } catch {
      throw FileError(file(name), "\(error)")
    }
  }
}
