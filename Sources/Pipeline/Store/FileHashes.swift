import BillhookCore

/// The hashes of files, computed once as long as a file is not touched.
///
/// A file that was touched is hashed again, so only a changed one has another hash.
package final class FileHashes {
  private let path: String
  private let isWritable: Bool
  private var known: [String: Entry] = [:]
  /// Whether the file of earlier hashes could not be used.
  private(set) var wasDamaged = false
  /// The context that is told the progress of hashing a large file, and can cancel it; nil for
  /// none.
  var listener: RunContext?

  /// A file as it was at some moment.
  struct Entry {
    /// What identifies this version of the file, as far as the file system knows.
    let identity: String
    /// The hash of its bytes in hexadecimal digits.
    let hash: String
  }

  /// The hashes of the files that this process asked for, by the paths that it asked by.
  private(set) var read: [String: String] = [:]

  /// The most bytes that are hashed where a folder is only looked at, and the hash is not kept.
  package static let mostWhileLooking = 1 << 26

  /// Takes up what earlier runs in a work folder found.
  ///
  /// - Parameters:
  ///   - folder: The work folder.
  ///   - isWritable: Whether new hashes are kept there; otherwise large files are not hashed.
  init(in folder: String, isWritable: Bool) {
    self.isWritable = isWritable
    path = Self.path(in: folder)
    guard FileSystem.exists(path) else { return }
    // What cannot be read is computed again.
    guard let bytes = try? FileSystem.read(path), let json = SealedDocument.open(bytes) else {
      wasDamaged = true
      return
    }
    for member in json.members ?? [] {
      guard let identity = member.value["identity"]?.string,
        let hash = member.value["sha256"]?.string
      else { continue }
      known[member.key] = Entry(identity: identity, hash: hash)
    }
  }

  /// Where a work folder keeps hashes.
  static func path(in folder: String) -> String { "\(folder)/\(WorkFolder.hashesName)" }

  /// The hash of a file's bytes in hexadecimal digits.
  ///
  /// - Throws: `FileError` when the file cannot be read, or is too large to be hashed where the
  ///   hash is not kept.
  func hash(of file: String) throws -> String { try entry(of: file).hash }

  /// A file's hash, and what identifies the version that was hashed.
  ///
  /// - Throws: `FileError` when the file cannot be read, or is too large to be hashed where the
  ///   hash is not kept.
  func entry(of file: String) throws -> Entry {
    let entry = try foundEntry(of: file)
    read[file] = entry.hash
    return entry
  }

  private func foundEntry(of file: String) throws -> Entry {
    let resolved = FileSystem.resolved(file)
    let mapped = try MappedFile(file)
    let identity = mapped.identityText
    if let entry = known[resolved], entry.identity == identity { return entry }
    guard isWritable || mapped.byteCount <= Self.mostWhileLooking else {
      throw FileError(file, "is large, and its hash is not known from an earlier run")
    }
    let hash = try hash(mapped)
    try mapped.checkUnchanged()
    let entry = Entry(identity: identity, hash: hash)
    // A change within the same tick of the clock would not show.
    guard isWritable, !mapped.wasJustChanged else { return entry }
    known[resolved] = entry
    try keep()
    return entry
  }

  /// Hashing files of this many bytes or more takes a while, so that its progress is reported.
  private static let fewestToTell = 1 << 28

  private func hash(_ file: MappedFile) throws -> String {
    let told = file.byteCount >= Self.fewestToTell ? listener : nil
    let stage = "hash of \(file.path)"
    let start = ContinuousClock.now
    told?.progress(.began(stage: stage))
    let hash = try file.withBytes { bytes in
      try SHA256.hex(bytes) { part in
        try listener?.checkCancelled()
        try told?.advance(to: Double(part.upperBound) / Double(file.byteCount))
        file.advise(part, .notForNow)
      }
    }
    let seconds = (ContinuousClock.now - start).seconds
    told?.progress(.ended(stage: stage, seconds: seconds, result: ""))
    return hash
  }

  private func keep() throws {
    let members = known.sorted { $0.key < $1.key }.map { path, entry in
      JSON.Member(
        key: path,
        value: ["identity": .string(entry.identity), "sha256": .string(entry.hash)]
      )
    }
    try FileSystem.write(Array(SealedDocument.text(members).utf8), to: path)
  }
}
