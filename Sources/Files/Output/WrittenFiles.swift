/// A list of the files that were written into a directory, to distinguish them from others later.
package struct WrittenFiles: Equatable {
  /// A file, named by its path inside the directory.
  package struct File: Equatable {
    package let name: String
    package let byteCount: Int
    /// The SHA-256 of its bytes.
    package let hash: String

    package init(name: String, byteCount: Int, hash: String) {
      self.name = name
      self.byteCount = byteCount
      self.hash = hash
    }
  }

  /// The files in the order of their names.
  package let files: [File]

  /// A file in a directory that was added, or changed after it was written.
  package struct Stranger: Equatable {
    package let name: String
    /// Whether it was written here and changed afterwards, rather than added.
    let isChanged: Bool
  }

  /// Lists all files of a directory.
  package init(of directory: String) throws {
    files = try Self.names(in: directory).map { name in
      let file = try MappedFile("\(directory)/\(name)")
      return File(name: name, byteCount: file.byteCount, hash: Self.hash(of: file))
    }
  }

  /// Reads the form that `json` writes; nil for anything else.
  package init?(_ json: JSON?) {
    guard let elements = json?.array else { return nil }
    files = elements.compactMap { element in
      guard let name = element["name"]?.string, let count = element["bytes"]?.int,
        let hash = element["sha256"]?.string
      else { return nil }
      return File(name: name, byteCount: count, hash: hash)
    }
    guard files.count == elements.count else { return nil }
  }

  /// Makes a list of files that are already known.
  package init(_ files: [File]) { self.files = files }

  /// An object for each file.
  package var json: JSON {
    .array(
      files.map { file in
        [
          "name": .string(file.name), "bytes": .number(JSONNumber(file.byteCount)),
          "sha256": .string(file.hash),
        ]
      }
    )
  }

  /// Files in a directory that are not in this list, or whose bytes differ.
  ///
  /// A missing file is not among them: nothing of it can be lost.
  ///
  /// - Parameters:
  ///   - directory: The directory, as it is or as it was copied elsewhere.
  ///   - limit: The largest file whose contents are compared, in bytes; larger ones are compared by
  ///     size.
  /// - Returns: The names in order; an unknown folder's ends with a slash.
  /// - Throws: `FileError` when something cannot be read.
  package func strangers(in directory: String, readingAtMost limit: Int = .max) throws -> [Stranger]
  {
    let known = Dictionary(files.map { ($0.name, $0) }) { first, _ in first }
    let folders = Set(files.flatMap { Self.folders(of: $0.name) })
    return try Self.names(in: directory, entering: folders.contains).compactMap { name in
      // macOS writes this file whenever somebody opens a folder.
      if name.split(separator: "/").last == ".DS_Store" { return nil }
      guard let file = known[name] else { return Stranger(name: name, isChanged: false) }
      let path = "\(directory)/\(name)"
      guard !FileSystem.isLink(path) else { return Stranger(name: name, isChanged: true) }
      let found = try MappedFile(path)
      let isSame =
        found.byteCount == file.byteCount
        && (found.byteCount > limit || Self.hash(of: found) == file.hash)
      return isSame ? nil : Stranger(name: name, isChanged: true)
    }
  }

  /// Identifiers of the files in a directory by name, which show whether any was touched since.
  package static func identities(in directory: String) throws(FileError) -> [String: String] {
    var found: [String: String] = [:]
    for name in try names(in: directory) {
      found[name] = (try? MappedFile("\(directory)/\(name)"))?.identityText ?? ""
    }
    return found
  }

  /// The paths of all files in a directory and in the folders inside it, sorted.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - isEntered: Whether a folder is entered; otherwise its name, with a slash at its end,
  ///     stands for everything in it.
  /// - Returns: The paths.
  /// - Throws: `FileError` when a folder cannot be listed.
  package static func names(
    in directory: String,
    entering isEntered: (String) -> Bool = { _ in true }
  ) throws(FileError) -> [String] {
    var found: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      for name in try FileSystem.names(in: "\(directory)/\(folder)") {
        let path = folder + name
        let place = "\(directory)/\(path)"
        if !FileSystem.isDirectory(place) || FileSystem.isLink(place) {
          found.append(path)
        } else if isEntered(path) {
          folders.append("\(path)/")
        } else {
          found.append("\(path)/")
        }
      }
    }
    return found.sorted()
  }

  /// The folders along a path.
  private static func folders(of name: String) -> [String] {
    let parts = name.split(separator: "/").dropLast()
    return parts.indices.map { parts[...$0].joined(separator: "/") }
  }

  private static func hash(of file: MappedFile) -> String {
    file.withBytes { bytes in SHA256.hex(bytes) { file.advise($0, .notForNow) } }
  }
}

extension [WrittenFiles.Stranger] {
  /// The names as text, added files apart from changed ones.
  package var text: String {
    let parts = [(false, "added"), (true, "changed")].compactMap { isChanged, word -> String? in
      let names = filter { $0.isChanged == isChanged }.map(\.name)
      return names.isEmpty ? nil : "\(shownNames(names)) (\(word))"
    }
    return parts.joined(separator: "; ")
  }
}

/// Names for a message: some of them, and how many more there are.
package func shownNames(_ names: [String]) -> String {
  let shown = names.prefix(8).joined(separator: ", ")
  return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}
