import BillhookCore
import Foundation

extension WorkFolder {
  /// A folder for a process that shares a run of which another owns the work folder: what it writes is
  /// its own, and nobody needs it after the run.
  ///
  /// What processes left behind that were killed is removed: folders with the marker whose lock nobody
  /// holds, on this machine or on another that shares the folder for temporary files.
  ///
  /// - Parameters:
  ///   - owner: The work folder of process 0, whose hashes of files are taken over where it is seen.
  ///   - temporary: A folder of this machine for files that nobody needs.
  /// - Returns: The folder.
  /// - Throws: `FileError` when it cannot be made.
  package static func following(_ owner: String, in temporary: String) throws -> WorkFolder {
    for name in (try? FileSystem.names(in: temporary)) ?? [] where name.hasPrefix(followingPrefix) {
      let left = "\(temporary)/\(name)"
      // A lock without a number is about to be taken by a process that has just made its folder.
      guard WorkFolderMarker.isSet(in: left),
        FileLock.owner(of: "\(left)/\(lockName)")?.isEmpty == false,
        let lock = try? FileLock("\(left)/\(lockName)")
      else { continue }
      withExtendedLifetime(lock) { try? FileSystem.remove(left) }
    }
    let path = "\(temporary)/\(followingPrefix)\(UUID().uuidString)"
    try FileSystem.makeDirectory(path)
    try WorkFolderMarker.set(in: path)
    if let known = try? FileSystem.read(FileHashes.path(in: owner)) {
      try FileSystem.write(known, to: FileHashes.path(in: path))
    }
    return try WorkFolder(path)
  }

  private static let followingPrefix = "billhook-process-"
}
