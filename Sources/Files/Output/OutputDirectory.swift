/// The path of a directory that is written beside it under another name, and then renamed.
///
/// A link stays a link: its target is written.
package struct OutputDirectory {
  /// The path of the directory, for messages.
  package let path: String
  /// The path without links.
  private let place: String

  /// Makes the output directory of a path.
  package init(_ path: String) {
    self.path = path
    place = FileSystem.resolved(path)
  }

  /// Writes a directory, which must not exist yet with other contents.
  ///
  /// - Parameters:
  ///   - what: What the directory holds, for messages.
  ///   - write: Writes its files into an empty directory.
  /// - Throws: `FileError` when something else is at the path; it is left as it is.
  package func write(_ what: String, _ write: (String) throws -> Void) throws {
    let staging = try stage()
    do {
      try write(staging.new)
      if isTaken {
        let differing = try files(differingFrom: staging.new)
        guard differing.isEmpty else {
          throw FileError(
            path,
            "exists and holds something else (\(shownNames(differing))); move it away, or choose "
              + "another path for \(what)"
          )
        }
      } else {
        try put(staging)
      }
      try staging.remove()
    } catch {
      try? staging.remove()
      throw error
    }
  }

  /// An empty directory beside the path, for this process alone; first removes what killed
  /// processes left there.
  package func stage() throws -> Staging {
    try Staging(for: place)
  }

  /// The folder that holds the directory, where it is written.
  package var folder: String { FileSystem.parent(of: place) }

  /// Why no directory can be put at the path; nil where one can.
  package var obstacle: String? {
    guard FileSystem.exists(place) else { return FileSystem.obstacle(toMaking: place) }
    guard FileSystem.isDirectory(place) else {
      return "is a file, which a saved directory cannot replace; save to another path"
    }
    if FileSystem.isMountPoint(place) {
      return
        "is the root of a file system, which no other directory can take the place of; save to "
        + "a folder in it, such as \(path)/model"
    }
    return [place, folder].compactMap(FileSystem.obstacle).first
  }

  /// Whether something is at the path; an empty directory counts as nothing.
  package var isTaken: Bool {
    guard FileSystem.exists(place) else { return false }
    return (try? FileSystem.names(in: place))?.isEmpty != true
  }

  /// Gives a new directory the name, where it is free.
  package func put(_ staging: Staging) throws(FileError) {
    try FileSystem.sync(staging.new)
    try FileSystem.rename(staging.new, to: place)
  }

  /// Replaces a directory by a new one, in one step where the system can; the old one is restored
  /// if anything fails, or if it has changed since it was checked.
  ///
  /// - Parameters:
  ///   - staging: Holds the new directory, and the old one afterwards.
  ///   - isUnchanged: Whether a directory is still the one that may be lost.
  /// - Throws: `FileError` when names cannot be changed, or the old directory was changed.
  package func replace(by staging: Staging, if isUnchanged: (String) throws -> Bool) throws {
    try FileSystem.sync(staging.new)
    let isOneStep = try FileSystem.exchange(staging.new, with: place)
    if !isOneStep {
      try FileSystem.rename(place, to: staging.old)
      do {
        try FileSystem.rename(staging.new, to: place)
      } catch {
        try FileSystem.rename(staging.old, to: place)
        throw error
      }
    }
    // Somebody may have put a file into it since it was checked.
    if try isUnchanged(isOneStep ? staging.new : staging.old) { return }
    if isOneStep {
      _ = try FileSystem.exchange(staging.new, with: place)
    } else {
      try FileSystem.rename(place, to: staging.new)
      try FileSystem.rename(staging.old, to: place)
    }
    throw FileError(path, "was changed while it was about to be replaced; it stays as it is")
  }

  /// The files of another directory that are missing here, or differ.
  ///
  /// - Parameters:
  ///   - other: The other directory.
  ///   - records: For certain file names, whether different bytes mean the same.
  ///   - between: Called between two pieces, with the share that was compared.
  /// - Returns: Their paths inside the directory; other files here do not matter.
  /// - Throws: `FileError` when a file cannot be read; what `between` throws.
  package func files(
    differingFrom other: String,
    comparing records: [String: ([UInt8], [UInt8]) -> Bool] = [:],
    between: BetweenPieces = { _ in }
  ) throws -> [String] {
    let names = try WrittenFiles.names(in: other)
    return try names.enumerated().filter { number, name in
      let paths = ["\(place)/\(name)", "\(other)/\(name)"]
      guard FileSystem.exists(paths[0]) else { return true }
      let files = try paths.map { try MappedFile($0) }
      let isEqual = try files[0].hasSameBytes(as: files[1]) { share in
        try between((Double(number) + share) / Double(names.count))
      }
      if isEqual { return false }
      guard let agree = records[name] else { return true }
      let bytes = try paths.map { try FileSystem.read($0) }
      return !agree(bytes[0], bytes[1])
    }
    .map(\.element)
  }
}
