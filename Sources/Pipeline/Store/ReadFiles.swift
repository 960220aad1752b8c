import BillhookCore

/// The files that a run reads, each as it was when the run first asked for its hash.
///
/// Keys are made of these hashes, and files are read later, some of them hours. So they are read
/// through here: a file that is no longer what the keys say is an error, and nothing that was read
/// of it is kept.
final class ReadFiles {
  private let hashes: FileHashes
  private var first: [ExactPath: FileHashes.Entry?] = [:]

  /// Paths that differ in a byte are different files, whatever Unicode says.
  private struct ExactPath: Hashable {
    let bytes: [UInt8]

    init(_ path: String) { bytes = Array(path.utf8) }
  }

  init(_ hashes: FileHashes) { self.hashes = hashes }

  /// The hash of a file for the keys of this run; nil where there was none when this was first asked.
  ///
  /// - Throws: `FileError` when the file cannot be read.
  func hash(of path: String) throws -> String? {
    if let known = first[ExactPath(path)] { return known?.hash }
    let entry = try FileSystem.exists(path) ? hashes.entry(of: path) : nil
    first[ExactPath(path)] = .some(entry)
    return entry?.hash
  }

  /// What identifies the present version of a file; nil where there is none.
  func identity(of path: String) throws -> String? { try current(path)?.identity }

  /// Reads files.
  ///
  /// - Parameters:
  ///   - paths: The files; those that are not there must not appear meanwhile.
  ///   - body: Reads them.
  /// - Returns: What was made of them.
  /// - Throws: `FileError` that names the file which is not what it was when it was hashed, or was
  ///   changed while it was read.
  func reading<Result>(_ paths: [String], _ body: () throws -> Result) throws -> Result {
    let before = try paths.map { path in
      let hash = try hash(of: path)
      let entry = try current(path)
      guard entry?.hash == hash else {
        throw FileError(
          path,
          (entry == nil ? "was removed" : hash == nil ? "was added" : "was changed")
            + " while this run was busy, before it was read; start again"
        )
      }
      return entry
    }
    let result = try body()
    for (path, before) in zip(paths, before) {
      let after = try current(path)
      guard after?.identity == before?.identity, after?.hash == before?.hash else {
        throw FileError(
          path,
          "was changed while it was read, so nothing is kept of what was read; start again"
        )
      }
    }
    return result
  }

  /// Forgets the hashes of a directory's files, because the run itself changed them.
  func forget(in directory: String) {
    let place = FileSystem.resolved(directory) + "/"
    first = first.filter { path, _ in
      !FileSystem.resolved(String(decoding: path.bytes, as: UTF8.self)).hasPrefix(place)
    }
  }

  private func current(_ path: String) throws -> FileHashes.Entry? {
    try FileSystem.exists(path) ? hashes.entry(of: path) : nil
  }
}
