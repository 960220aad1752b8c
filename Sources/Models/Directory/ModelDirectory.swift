public import BillhookFiles

/// A Hugging Face model directory: its configuration and the files beside the weights.
public struct ModelDirectory: Sendable {
  /// The name of the file with the masks of a sparse model.
  package static let masksName = "billhook.masks"

  /// The path of the directory.
  public let path: String
  /// The text of `config.json`.
  public let configurationText: JSONText
  /// The files that are copied when the model is saved, as they were when the directory was opened.
  public let companions: Companions

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
      var text = try JSONText(bytes)
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

  /// The path of a file in the directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The path of the tokenizer's file.
  public var tokenizerPath: String { file("tokenizer.json") }
}
