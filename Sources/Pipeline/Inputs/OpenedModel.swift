package import BillhookCore

/// A plan's model as it was opened, with the identities of the files that it was read from.
package struct OpenedModel: Sendable {
  /// The model.
  package let model: LanguageModel
  /// What identifies the present version of each of its files; nil for a file that is not there.
  let identities: [String: String?]

  /// Opens a model; no weight is read.
  ///
  /// - Throws: `FileError` that names file and key, or the file that was changed meanwhile.
  package init(_ step: ModelStep) throws {
    let before = try Self.identities(of: step)
    model = try step.open()
    identities = try Self.identities(of: step)
    if let changed = identities.first(where: { before[$0.key] != $0.value })?.key {
      throw FileError(changed, "was changed while it was read; start again")
    }
  }

  private static func identities(of step: ModelStep) throws -> [String: String?] {
    // Opening gives the best error for a directory that is not one.
    guard step.seed != nil || FileSystem.exists(step.path) else { return [:] }
    let files = try step.files.map { path -> (String, String?) in
      (path, FileSystem.exists(path) ? try MappedFile(path).identityText : nil)
    }
    return Dictionary(files) { first, _ in first }
  }
}

extension ModelStep {
  /// The files that the model is opened from; some need not be there.
  var files: [String] {
    get throws {
      guard seed == nil else { return [path] }
      return try Self.files(inModel: path) + (adapter.map(Self.files(inAdapter:)) ?? [])
    }
  }

  /// The files that a model in a directory is opened from.
  package static func files(inModel directory: String) throws -> [String] {
    if let file = LanguageModel.wholeFile(at: directory) { return [file] }
    // Whether these are there matters as well.
    let always = [
      "config.json", "model.safetensors", "model.safetensors.index.json", ModelDirectory.masksName,
    ]
    let shards = try FileSystem.names(in: directory).filter {
      $0.hasSuffix(".safetensors") && !always.contains($0)
    }
    return (always + shards).map { "\(directory)/\($0)" }
  }

  /// The files that an adapter in a directory is read from.
  static func files(inAdapter directory: String) -> [String] {
    ["adapter_config.json", "adapter_model.safetensors"].map { "\(directory)/\($0)" }
  }
}
