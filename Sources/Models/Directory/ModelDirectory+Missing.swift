public import BillhookFiles

extension ModelDirectory {
  /// What a directory without `config.json` holds instead, and how that is opened; nil where nothing is
  /// recognised.
  static func lacksConfiguration(_ directory: String) -> String? {
    // A link that leads nowhere is told apart when it is read.
    guard let names = try? FileSystem.names(in: directory), !names.contains("config.json") else {
      return nil
    }
    if names.contains("adapter_config.json") {
      return "holds an adapter and no model; name the model that it was trained on, with the "
        + "adapter: `model \"BASE\" { adapter = \"\(directory.shown(atMost: 200))\" }`"
    }
    let files = names.filter { $0.hasSuffix(".gguf") }
    guard !files.isEmpty else { return "holds no config.json, which every model directory has" }
    return "holds GGUF files; name the file: \(shownNames(files))"
  }

  /// Why there is no directory at a path, and what was probably meant.
  ///
  /// - Parameters:
  ///   - path: The path where it was expected.
  ///   - name: The name that was given.
  /// - Returns: The error.
  public static func missing(_ path: String, named name: String) -> FileError {
    if FileSystem.exists(path) { return FileError(path, "expected a model directory") }
    if let target = FileSystem.target(ofLink: path) {
      return FileError(path, "is a link to \(target.shown(atMost: 200)), which does not exist")
    }
    if name.hasPrefix("~/"), let home = HubCache.variable("HOME") {
      return FileError(
        path,
        "does not exist; `~` has no meaning here: write \(home)\(name.dropFirst())"
      )
    }
    guard name.split(separator: "/").count == 2, HubCache.isModelName(name) else {
      return FileError(path, "does not exist")
    }
    let cache = HubCache()
    guard let snapshot = cache.newestSnapshot(of: name) else {
      // If the folder exists, the name is probably that of a directory, misspelled.
      guard !FileSystem.exists(FileSystem.parent(of: path)) else {
        return FileError(path, "does not exist")
      }
      return FileError(
        path,
        "does not exist; if it is the name of a model on the Hugging Face Hub, download the model: "
          + "`hf download \(name)` puts it into \(cache.folder), and then "
          + "\"\(HubCache.prefix)\(name)\" opens it"
      )
    }
    return FileError(
      path,
      "does not exist; a download of \(name) is in \(snapshot), and "
        + "\"\(HubCache.prefix)\(name)\" opens it"
    )
  }
}
