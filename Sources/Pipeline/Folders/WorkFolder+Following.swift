import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension WorkFolder {
  /// A folder for a process that shares a run of which another owns the work folder: what it writes is
  /// its own, and nobody needs it after the run.
  ///
  /// What processes left behind that were killed is removed.
  ///
  /// - Parameters:
  ///   - owner: The work folder of process 0, whose hashes of files are taken over where it is seen.
  ///   - temporary: A folder of this machine for files that nobody needs.
  /// - Returns: The folder.
  /// - Throws: `FileError` when it cannot be made.
  package static func following(_ owner: String, in temporary: String) throws -> WorkFolder {
    for name in (try? FileSystem.names(in: temporary)) ?? [] where name.hasPrefix(followingPrefix) {
      guard let process = pid_t(name.dropFirst(followingPrefix.count)), process != getpid(),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      try? FileSystem.remove("\(temporary)/\(name)")
    }
    let path = "\(temporary)/\(followingPrefix)\(getpid())"
    try FileSystem.remove(path)
    try FileSystem.makeDirectory(path)
    try WorkFolderMarker.set(in: path)
    if let known = try? FileSystem.read(FileHashes.path(in: owner)) {
      try FileSystem.write(known, to: FileHashes.path(in: path))
    }
    return try WorkFolder(path)
  }

  private static let followingPrefix = "billhook-process-"
}
