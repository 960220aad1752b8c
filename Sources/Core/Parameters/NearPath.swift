import BillhookFiles
import BillhookModels
import BillhookRecipe

/// Finds the path that a mistyped one may stand for.
package enum NearPath {
  /// The most names of a folder that are looked at.
  private static let mostNames = 1000

  /// What stands beside the place where nothing is, with the name that is most like it.
  ///
  /// - Parameters:
  ///   - path: The path as it was written.
  ///   - place: The path by which it would be opened.
  /// - Returns: The written path with that name at its end; nil where no name is like it.
  package static func suggestion(for path: String, at place: String) -> String? {
    guard !FileSystem.exists(place), !path.hasPrefix(HubCache.prefix),
      let name = path.split(separator: "/").last.map(String.init)
    else { return nil }
    let beside = try? FileSystem.names(in: FileSystem.parent(of: place), atMost: mostNames)
    let others = (beside ?? []).filter { $0 != name }
    guard let near = Suggestion.closest(to: name, among: others) else { return nil }
    let bare = path.reversed().drop { $0 == "/" }.count
    return path.prefix(bare).dropLast(name.count) + near
  }
}

extension FileError {
  /// The error about a path where nothing is, with what was probably meant.
  package func suggesting(for path: String) -> FileError {
    guard let near = NearPath.suggestion(for: path, at: path) else { return self }
    return FileError(self.path, at: place, "\(message); did you mean \(near)?")
  }
}
