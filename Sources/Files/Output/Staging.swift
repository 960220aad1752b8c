/// A hidden folder beside a path, where one process writes the directory that gets this path when
/// it is complete.
///
/// The process holds a lock in it as long as it lives, so that others recognise what a killed
/// process left. The folder holds `new`, which is written, and while names change, `old`, which was
/// there before.
package final class Staging {
  /// The path of the directory that is written; empty at first.
  package let new: String
  /// The path that the replaced directory is moved to.
  package let old: String
  private let folder: String
  private let lock: FileLock?

  /// Makes the folder, after removing those that killed processes left.
  ///
  /// - Parameter place: The resolved path that the directory gets at the end.
  /// - Throws: `FileError` when nothing can be written beside the path.
  package init(for place: String) throws(FileError) {
    try Self.clearUp(beside: place)
    folder = try FileSystem.makeNewDirectory(Self.prefix(of: place) + "\(FileSystem.thisProcess)")
    new = "\(folder)/new"
    old = "\(folder)/old"
    do throws(FileError) {
      lock = try FileLock("\(folder)/\(Self.lockName)")
      try FileSystem.makeDirectory(new)
    } catch {
      try? FileSystem.remove(folder)
      throw error
    }
  }

  /// Removes the folder with everything that is still in it.
  package func remove() throws(FileError) { try Self.remove(folder) }

  /// Removes what killed processes left beside a path, after restoring what one of them had moved
  /// away.
  package static func clearUp(beside place: String) throws(FileError) {
    let parent = FileSystem.parent(of: place)
    guard FileSystem.isDirectory(parent) else { return }
    let start = prefix(of: place).dropFirst(parent.count + 1)
    for name in try FileSystem.names(in: parent) where name.hasPrefix(start) {
      // The process id, followed by another number where the folder's name was taken.
      let numbers = name.dropFirst(start.count).split(separator: "-").map { Int32($0) }
      guard let owner = numbers.first ?? nil, owner > 0, numbers.allSatisfy({ $0 != nil }) else {
        continue
      }
      let folder = "\(parent)/\(name)"
      guard FileSystem.exists("\(folder)/\(lockName)") else {
        // The process was killed before it made the lock or after it removed it; either way the
        // folder is empty.
        if !FileSystem.isRunning(process: owner) { _ = FileSystem.removeEmptyDirectory(folder) }
        continue
      }
      guard let lock = try FileLock("\(folder)/\(lockName)") else { continue }
      let old = "\(folder)/old"
      if FileSystem.exists(old), !FileSystem.exists(place) { try FileSystem.rename(old, to: place) }
      try withExtendedLifetime(lock) { () throws(FileError) in try remove(folder) }
    }
  }

  private static let lockName = "lock"

  /// The beginning of the folder's name, shortened because a name has 255 bytes at most.
  private static func prefix(of place: String) -> String {
    let name = place.split(separator: "/").last ?? "model"
    let short = String(decoding: name.utf8.prefix(200), as: UTF8.self)
    let parent = FileSystem.parent(of: place)
    return (parent == "/" ? "/" : "\(parent)/") + ".\(short).billhook-new-"
  }

  /// The lock is removed last, so that a half-removed folder is still recognised as Billhook's.
  private static func remove(_ folder: String) throws(FileError) {
    for name in ["new", "old", lockName] { try FileSystem.remove("\(folder)/\(name)") }
    try FileSystem.remove(folder)
  }
}
