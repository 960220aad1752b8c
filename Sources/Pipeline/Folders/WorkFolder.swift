package import BillhookCore

/// What all recipes of a folder share: stages by key, a folder for each run, hashes of files.
///
/// Only one run at a time uses it.
package final class WorkFolder {
  /// The path of the folder.
  package let path: String
  /// The hashes of files.
  let hashes: FileHashes
  /// Held as long as this object exists; nil where the folder is only looked at.
  private let lock: FileLock?

  /// Takes the work folder, made where it is missing, and clears up what killed runs left in it.
  ///
  /// - Throws: `FileError` when it cannot be made, is somebody else's, or another run uses it.
  package init(_ path: String) throws(FileError) {
    if let obstacle = Self.obstacle(to: path) { throw FileError(path, obstacle) }
    let file = "\(path)/\(Self.lockName)"
    let taken: FileLock?
    do throws(FileError) {
      try FileSystem.makeDirectory(path)
      try WorkFolderMarker.set(in: path)
      taken = try FileLock(file)
    } catch {
      throw FileError(error.path, "\(error.message)\(Self.advice)")
    }
    guard let lock = taken else {
      throw FileError(
        path,
        "is in use by another run (process \(FileLock.owner(of: file) ?? "")); wait for it, or "
          + "choose another with --work"
      )
    }
    self.lock = lock
    self.path = path
    hashes = FileHashes(in: path, isWritable: true)
    try clearUp()
  }

  /// Looks at a work folder, even while a run uses it; nothing in it is changed.
  ///
  /// - Returns: Nil when there is none.
  package init?(lookingAt path: String) {
    guard FileSystem.isDirectory(path) else { return nil }
    self.path = path
    lock = nil
    hashes = FileHashes(in: path, isWritable: false)
  }

  /// Why a path cannot be a work folder; nil where it can.
  package static func obstacle(to path: String) -> String? {
    if let obstacle = FileSystem.obstacle(toMaking: path) { return obstacle + advice }
    return WorkFolderMarker.obstacle(to: path)
  }

  /// What to do where a folder cannot be written.
  private static let advice = "; name another work folder with --work DIR"

  /// The hash of a file's bytes in hexadecimal digits, remembered until the file is touched.
  ///
  /// - Throws: `FileError` when the file cannot be read, and, where the folder is only looked at,
  ///   when it is large and its hash is not remembered.
  package func hash(of file: String) throws -> String { try hashes.hash(of: file) }

  /// Weights that stages made, and what stages need to resume, by their keys.
  private(set) lazy var products = Products(
    path: "\(path)/\(Self.productsName)",
    mostChecked: lock == nil ? FileHashes.mostWhileLooking : nil
  )

  /// The folder where a pass that gathers evidence writes how far it is, by the key of what it is for.
  func evidenceFolder(_ key: String) -> String { "\(path)/\(Self.evidenceName)/\(key)" }

  /// What stages found, by their keys.
  var stages: StageStore { StageStore(path: "\(path)/\(Self.stagesName)") }

  static let lockName = "lock"
  static let stagesName = "stages"
  static let runsName = "runs"
  static let productsName = "products"
  /// Where passes that gather evidence write how far they are, by the keys of what they are for.
  static let evidenceName = "evidence"
  static let hashesName = "hashes.json"
}
