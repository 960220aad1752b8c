extension JSON {
  /// Reads a file, in which numbers may be `NaN` and `Infinity` where `nonFinite` says so.
  ///
  /// - Throws: `FileError` when it cannot be read, or is not JSON, with the position.
  package init(
    contentsOf path: String,
    atMost limit: Int = 1 << 28,
    nonFinite: NonFinite = .refused
  ) throws(FileError) {
    let bytes = try FileSystem.read(path, atMost: limit)
    do throws(JSONError) {
      self = try JSON(parsing: bytes, nonFinite: nonFinite)
    } catch {
      throw FileError(path, "\(error)")
    }
  }
}
