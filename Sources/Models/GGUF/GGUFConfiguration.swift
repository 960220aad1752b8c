import BillhookFiles

/// The configuration of the model in a GGUF file, in the words of a `config.json`.
struct GGUFConfiguration {
  /// The text of the configuration.
  let text: JSONText
  /// What it describes.
  let model: ModelConfiguration
  /// Where the file stores its weights.
  let layout: GGUFLayout

  /// The key under which the writer here keeps the configuration that the others were made of.
  ///
  /// It is believed only where it describes just what they do.
  static let key = "billhook.config"

  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - keys: Keys of the configuration to ignore; with dots where they are nested.
  /// - Throws: `FileError` that names the key which is missing, wrong or not supported.
  init(of file: GGUFFile, ignoring keys: [String]) throws {
    let architecture = try Self.architecture(of: file)
    if let parts = file.metadata[Self.partsKey]?.count, parts > 1 {
      throw FileError(
        file.path,
        at: Self.partsKey,
        "is one of \(parts) files that hold the model together; llama.cpp's `llama-gguf-split --merge` "
          + "makes one of them"
      )
    }
    let own = file.metadata[Self.key]
    guard own == nil || own?.text != nil else {
      throw FileError(file.path, at: Self.key, "expected text, found \(own?.shown ?? "")")
    }
    var text = try Self.parsed(
      own?.text ?? GGUFDescription(file, architecture).text,
      of: file,
      at: own == nil ? nil : Self.key
    )
    for key in keys {
      guard try text.remove(path: key) else {
        throw FileError(file.path, at: key, "is to be ignored, but there is no such key")
      }
    }
    let json = try text.json
    let reader = ConfigurationReader(path: file.path, json: json)
    model = try Family.configuration(reader)
    self.text = text
    if let misfit = architecture.misfit(of: model) {
      throw FileError(file.path, at: Self.architectureKey, misfit.reason)
    }
    layout = try GGUFLayout(model, in: architecture)
    if own != nil { try Self.check(layout, file) }
  }

  private static let partsKey = "split.count"
  static let architectureKey = "general.architecture"

  private static func architecture(of file: GGUFFile) throws(FileError) -> GGUFArchitecture {
    guard let name = file.metadata[architectureKey]?.text else {
      throw FileError(file.path, at: architectureKey, "is missing, or is not a string")
    }
    guard let found = GGUFArchitecture.all.first(where: { $0.name == name }) else {
      let known = GGUFArchitecture.all.map(\.name).joined(separator: ", ")
      throw FileError(
        file.path,
        at: architectureKey,
        "\(name.shown(atMost: 60)) is not supported; supported: \(known)"
      )
    }
    return found
  }

  private static func parsed(_ text: String, of file: GGUFFile, at key: String?) throws(FileError)
    -> JSONText
  {
    do throws(JSONError) {
      return try JSONText(Array(text.utf8), nonFinite: .kept)
    } catch {
      throw FileError(file.path, at: key, "\(error)")
    }
  }

  /// Checks that the keys which other programs read say what the kept configuration says.
  private static func check(_ layout: GGUFLayout, _ file: GGUFFile) throws(FileError) {
    let expected = Dictionary(layout.hyperparameters) { first, _ in first }
    let prefix = "\(layout.architecture.name)."
    let found = file.metadata.filter { $0.key.hasPrefix(prefix) }
    for key in Set(expected.keys).union(found.keys).sorted() where expected[key] != found[key] {
      throw FileError(
        file.path,
        at: key.shown(atMost: 100),
        "is \(found[key]?.shown ?? "missing"), but `\(Self.key)`, of which the file was written, asks "
          + "for \(expected[key]?.shown ?? "none"); remove `\(Self.key)` if it was changed on purpose"
      )
    }
  }
}
