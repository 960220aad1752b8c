public import BillhookModels

/// What all recipes of a folder share: stages by key, a folder for each run, hashes of files.
///
/// One run at a time has it.
public final class WorkFolder {
  /// The path of the folder.
  public let path: String
  /// The hashes of files.
  let hashes: FileHashes
  /// Held as long as this is; nil where the folder is only looked at.
  private let lock: FileLock?

  /// Takes the work folder, made where it is missing.
  ///
  /// - Throws: `ModelError` when it cannot be made, or another run has it.
  public init(_ path: String) throws(ModelError) {
    try FileSystem.makeDirectory(path)
    let file = "\(path)/lock"
    guard let lock = try FileLock(file) else {
      throw ModelError(
        path,
        "is in use by another run (process \(FileLock.owner(of: file) ?? "")); wait for it, or "
          + "choose another with --work"
      )
    }
    self.lock = lock
    self.path = path
    hashes = FileHashes(in: path, isWritable: true)
  }

  /// Looks at a work folder, whoever has it; nothing in it is changed.
  ///
  /// - Returns: Nil when there is none.
  public init?(lookingAt path: String) {
    guard FileSystem.isDirectory(path) else { return nil }
    self.path = path
    lock = nil
    hashes = FileHashes(in: path, isWritable: false)
  }

  /// The hash of a file's bytes in hexadecimal digits, remembered as long as nobody touches it.
  ///
  /// - Throws: `ModelError` when the file cannot be read, and, where the folder is only looked at,
  ///   when it is large and its hash is not remembered.
  public func hash(of file: String) throws -> String { try hashes.hash(of: file) }

  /// Removes what runs computed and noted.
  ///
  /// - Returns: How many stages and runs there were.
  /// - Throws: `ModelError` when something cannot be removed.
  public func clean() throws(ModelError) -> (stages: Int, runs: Int) {
    func empty(_ name: String) throws(ModelError) -> Int {
      let folder = "\(path)/\(name)"
      guard FileSystem.isDirectory(folder) else { return 0 }
      let count = try FileSystem.names(in: folder).count
      try FileSystem.remove(folder)
      return count
    }
    try FileSystem.remove(FileHashes.path(in: path))
    _ = try empty("trainings")
    return (try empty("stages"), try empty("runs"))
  }

  /// What trainings made, and what they need to go on, by their keys.
  private(set) lazy var trainings = TrainingStore(
    path: "\(path)/trainings",
    mostChecked: lock == nil ? FileHashes.mostWhileLooking : nil
  )

  /// What stages found, by their keys.
  var stages: StageStore { StageStore(path: "\(path)/stages") }
}
