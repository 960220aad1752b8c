import BillhookCore

/// The file that tells a work folder from a folder of somebody else.
enum WorkFolderMarker {
  static let fileName = "billhook-work-folder"

  private static let text = """
    What Billhook computed for the recipes beside this folder. `billhook clean` removes what it wrote
    here, and only because of this file.

    """

  /// Whether a folder has the marker.
  static func isSet(in folder: String) -> Bool { FileSystem.exists("\(folder)/\(fileName)") }

  /// Marks a folder.
  static func set(in folder: String) throws(FileError) {
    guard !isSet(in: folder) else { return }
    try FileSystem.write(Array(text.utf8), to: "\(folder)/\(fileName)")
  }

  /// Why a folder cannot be a work folder; nil for one that has the marker, that is empty, or that is not
  /// there yet.
  static func obstacle(to folder: String) -> String? {
    guard FileSystem.exists(folder), !isSet(in: folder) else { return nil }
    guard let names = try? FileSystem.names(in: folder) else { return "cannot be listed" }
    if names.allSatisfy({ $0.hasPrefix(fileName) }) { return nil }
    return "holds what Billhook did not put there (\(shownNames(names))), so runs do not use "
      + "it; name a new folder with --work, or move that away"
  }
}
