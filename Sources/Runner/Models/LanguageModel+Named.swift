import BillhookCore

extension LanguageModel {
  /// Opens a model that the command line names.
  ///
  /// - Parameters:
  ///   - path: A directory, a GGUF file, a name in the cache of Hugging Face.
  ///   - mayBeConfiguration: Whether a `config.json` alone is enough.
  /// - Throws: `FileError` with file and key, and with the path that was probably meant where there is
  ///   nothing.
  init(named path: String, mayBeConfiguration: Bool = false) throws {
    let isFile = path.hasSuffix(".json") && !FileSystem.isDirectory(path)
    do {
      if mayBeConfiguration, isFile {
        try self.init(describing: path)
      } else {
        try self.init(opening: path)
      }
    } catch let error as FileError {
      throw error.suggesting(for: path)
    }
  }
}
