public import BillhookModels

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What all recipes of a folder share: stages by key, a folder for each run, hashes of files.
///
/// One run at a time has it; the system lets go of the lock however the process ends.
public final class WorkFolder {
  /// The path of the folder.
  public let path: String
  /// The hashes of files.
  let hashes: FileHashes
  private let lock: Int32

  /// Takes the work folder, made where it is missing.
  ///
  /// - Throws: `ModelError` when it cannot be made, or another run has it.
  public init(_ path: String) throws(ModelError) {
    try FileSystem.makeDirectory(path)
    let file = "\(path)/lock"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw ModelError(file, "cannot be opened; is the folder writable?")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let owner = (try? FileSystem.read(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      close(descriptor)
      throw ModelError(
        path,
        "is in use by another run (process \(owner)); wait for it, or choose another with --work"
      )
    }
    let owner = Array("\(getpid())".utf8)
    ftruncate(descriptor, 0)
    _ = write(descriptor, owner, owner.count)
    lock = descriptor
    self.path = path
    hashes = FileHashes(in: path)
  }

  deinit { close(lock) }

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
    try FileSystem.remove("\(path)/hashes.json")
    _ = try empty("trainings")
    return (try empty("stages"), try empty("runs"))
  }

  /// What trainings made, and what they need to go on, by their keys.
  var trainings: TrainingStore { TrainingStore(path: "\(path)/trainings") }

  /// What stages found, by their keys.
  var stages: StageStore { StageStore(path: "\(path)/stages") }
}
