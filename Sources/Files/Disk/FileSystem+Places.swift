#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FileSystem {
  /// Why nothing can be written at a path, which need not exist yet; nil where it can be written.
  ///
  /// - Parameter path: A directory that is to be made, with missing parents.
  /// - Returns: The folder, and what the operating system says about it.
  public static func obstacle(toMaking path: String) -> String? {
    let place = resolved(path)
    guard let folder = nearestFolder(to: place) else { return "no folder of its path is there" }
    guard isDirectory(folder) else { return "\(folder) is not a folder" }
    guard access(folder, W_OK | X_OK) == 0 else {
      return "nothing can be written into \(folder): \(systemMessage())"
    }
    let longest = Int(pathconf(folder, Int32(_PC_NAME_MAX)))
    let names = place.dropFirst(folder.count).split(separator: "/")
    if let name = names.first(where: { longest > 0 && $0.utf8.count > longest }) {
      return "the name \(String(name).shown(atMost: 40)) is longer than the \(longest) bytes that "
        + "\(folder) takes"
    }
    return nil
  }

  /// The folder for temporary files.
  package static var temporaryFolder: String {
    let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return named.isEmpty ? "/tmp" : named
  }

  /// Whether a directory is the root of a file system, so that it cannot be renamed.
  public static func isMountPoint(_ path: String) -> Bool {
    let place = resolved(path)
    guard isDirectory(place), let own = device(of: place) else { return false }
    return device(of: parent(of: place)) != own || place == "/"
  }

  /// The free bytes of a file system, and an identifier of it.
  ///
  /// - Parameter path: A path on it, which need not exist yet.
  /// - Returns: Nil where it is unknown.
  public static func room(at path: String) -> (bytes: Int, fileSystem: String)? {
    guard let folder = nearestFolder(to: resolved(path)), let device = device(of: folder) else {
      return nil
    }
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let (bytes, isTooMany) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return (isTooMany ? .max : bytes, device)
  }

  /// The path itself, or the nearest folder above it that exists.
  private static func nearestFolder(to place: String) -> String? {
    var folder = place
    while !exists(folder) {
      let above = parent(of: folder)
      guard above != folder else { return nil }
      folder = above
    }
    return folder
  }

  private static func device(of path: String) -> String? {
    var status = stat()
    return stat(path, &status) == 0 ? "\(status.st_dev)" : nil
  }

  /// Whether there is a link at a path, wherever it leads.
  public static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Removes a directory if it is empty.
  ///
  /// - Returns: Whether it was empty and is gone.
  public static func removeEmptyDirectory(_ path: String) -> Bool { rmdir(path) == 0 }

  /// Whether a process with this id runs on this machine.
  public static func isRunning(process number: Int32) -> Bool {
    kill(number, 0) == 0 || errno != ESRCH
  }

  /// The id of this process.
  public static var thisProcess: Int32 { getpid() }
}
