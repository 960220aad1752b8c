import BillhookCore

/// The files that runs leave for others.
public enum SavedFiles {
  /// The SHA-256 of every file in the directories of a folder, by directory and name.
  public static func hashes(in folder: String) throws -> [String: String] {
    var hashes: [String: String] = [:]
    for directory in try FileSystem.names(in: folder) {
      for name in try FileSystem.names(in: "\(folder)/\(directory)") {
        let file = "\(directory)/\(name)"
        hashes[file] = SHA256.hex(try FileSystem.read("\(folder)/\(file)"))
      }
    }
    return hashes
  }
}
