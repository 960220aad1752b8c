extension JSON {
  /// Reads a file.
  ///
  /// - Throws: `FileError` when it cannot be read, or is not JSON, with the position.
  package init(contentsOf path: String, atMost limit: Int = 1 << 28) throws(FileError) {
    let bytes = try FileSystem.read(path, atMost: limit)
    do throws(JSONError) {
      self = try JSON(parsing: bytes)
    } catch {
      throw FileError(path, "\(error)")
    }
  }
}
