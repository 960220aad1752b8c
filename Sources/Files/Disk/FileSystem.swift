#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Queries and changes of the file system, with errors that repeat the operating system's message.
public enum FileSystem {
  /// Whether there is anything at a path.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether there is a directory at a path.
  public static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The size of a regular file in bytes; nil for anything else.
  public static func size(ofFile path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// The names in a directory, sorted; only some of them where there are more than a limit.
  public static func names(
    in path: String,
    atMost limit: Int = .max
  ) throws(FileError) -> [String] {
    guard let directory = opendir(path) else {
      throw FileError(path, "cannot be listed: \(systemMessage())")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < limit {
      errno = 0
      guard let entry = readdir(directory) else {
        guard errno == 0 else { throw FileError(path, "cannot be listed: \(systemMessage())") }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes a directory, with missing parents.
  public static func makeDirectory(_ path: String) throws(FileError) {
    guard !isDirectory(path) else { return }
    let parent = parent(of: path)
    if parent != path { try makeDirectory(parent) }
    guard Disk.makeDirectory(path) == 0 || (errno == EEXIST && isDirectory(path)) else {
      throw FileError(path, "the directory cannot be made: \(systemMessage())")
    }
  }

  /// Makes a directory that was not there before: the path, or the path with the first free number.
  ///
  /// - Returns: The path that the directory got.
  public static func makeNewDirectory(_ path: String) throws(FileError) -> String {
    try makeDirectory(parent(of: path))
    var name = path
    var number = 2
    while Disk.makeDirectory(name) != 0 {
      guard errno == EEXIST else {
        throw FileError(name, "the directory cannot be made: \(systemMessage())")
      }
      name = "\(path)-\(number)"
      number += 1
    }
    return name
  }

  /// The path without links, `.` and `..`; also for something that does not exist yet.
  ///
  /// A link whose target does not exist yet resolves to where the target would be.
  public static func resolved(_ path: String) -> String { resolved(path, links: 40) }

  private static func resolved(_ path: String, links: Int) -> String {
    if let found = realpath(path, nil) {
      defer { free(found) }
      return String(cString: found)
    }
    let above = parent(of: path)
    guard above != path, let name = path.split(separator: "/").last else { return path }
    let folder = resolved(above, links: links)
    if name == "." { return folder }
    if name == ".." { return parent(of: folder) }
    if links > 0, let target = target(ofLink: "\(folder)/\(name)") {
      return resolved(target.hasPrefix("/") ? target : "\(folder)/\(target)", links: links - 1)
    }
    return folder == "/" ? "/\(name)" : "\(folder)/\(name)"
  }

  /// Gives a file or directory its final name, and syncs the directory that holds it.
  public static func rename(_ old: String, to new: String) throws(FileError) {
    guard Disk.move(old, to: new) == 0 else {
      throw FileError(new, "\(old) cannot be given this name: \(systemMessage())")
    }
    try sync(parent(of: new))
  }

  /// Swaps the names of two files or directories, so that both names exist at every moment.
  ///
  /// - Returns: Whether the system can swap names; otherwise nothing was done.
  public static func exchange(_ one: String, with other: String) throws(FileError) -> Bool {
    guard Disk.exchange(one, other) == 0 else {
      if errno == ENOTSUP { return false }
      throw FileError(other, "\(one) cannot be given this name: \(systemMessage())")
    }
    try sync(parent(of: other))
    return true
  }

  /// Removes a file, or a directory with everything in it; does nothing if it does not exist.
  public static func remove(_ path: String) throws(FileError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in try names(in: path) { try remove("\(path)/\(name)") }
      guard rmdir(path) == 0 else {
        throw FileError(path, "cannot be removed: \(systemMessage())")
      }
    } else if unlink(path) != 0 {
      throw FileError(path, "cannot be removed: \(systemMessage())")
    }
  }

  /// The bytes of a whole file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes that are read; a file with holes can claim any size.
  /// - Returns: All of its bytes.
  /// - Throws: `FileError` when the file is missing, not a regular file, or larger than `limit`.
  public static func read(_ path: String, atMost limit: Int = 1 << 28) throws(FileError)
    -> [UInt8]
  {
    let file = try MappedFile(path)
    guard file.byteCount <= limit else {
      throw FileError(path, "expected at most \(limit) bytes, found \(file.byteCount)")
    }
    return try file.copy(of: 0..<file.byteCount)
  }

  /// The extension of a file while it is being written; no other file has it.
  public static let unfinished = ".billhook-partial"

  /// Writes a whole file under a temporary name beside it, syncs it and renames it, so that it is
  /// never incomplete.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let folder = parent(of: path)
    guard isDirectory(folder) else {
      throw FileError(path, "cannot be written: there is no folder \(folder)")
    }
    let temporary = "\(path)\(unfinished)"
    try remove(temporary)
    let file = try FileWriter(temporary)
    try file.write(bytes)
    try file.finish()
    try rename(temporary, to: path)
  }

  /// A path that does not exist yet: the stem, or the stem with the first free number.
  public static func unusedPath(_ stem: String, extension suffix: String? = nil) -> String {
    let suffix = suffix.map { ".\($0)" } ?? ""
    var path = stem + suffix
    var number = 2
    while exists(path) {
      path = "\(stem)-\(number)\(suffix)"
      number += 1
    }
    return path
  }

  /// The directory that contains a path.
  public static func parent(of path: String) -> String {
    guard path.hasSuffix("/") else { return parent(ofName: path) }
    let bare = path.prefix(through: path.lastIndex(where: { $0 != "/" }) ?? path.startIndex)
    return bare == "/" ? "/" : parent(ofName: String(bare))
  }

  private static func parent(ofName path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Syncs the names in a directory to the disk.
  public static func sync(_ directory: String) throws(FileError) {
    let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(directory, "cannot be opened: \(systemMessage())")
    }
    defer { close(descriptor) }
    guard Disk.sync(descriptor) == 0 else {
      throw FileError(directory, "cannot be synced to the disk: \(systemMessage())")
    }
  }
}
