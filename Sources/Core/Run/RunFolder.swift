public import BillhookModels

/// Where a run keeps what it found: the recipe, a journal, scores, token ids, and the report.
///
/// Lies at `runs/NAME` in the work folder, `.billhook` beside the recipe unless said otherwise.
public struct RunFolder: Sendable {
  /// The path of the folder.
  public let path: String

  /// Makes the folder of a new run.
  ///
  /// - Parameters:
  ///   - work: The work folder, made where it is missing.
  ///   - name: What the run is called, for example the recipe's name and the time.
  /// - Throws: `ModelError` when the folder cannot be made.
  public init(in work: String, name: String) throws(ModelError) {
    path = try FileSystem.makeNewDirectory("\(work)/runs/\(name)")
  }

  /// A folder for files that nobody needs after the run.
  public var scratch: String { "\(path)/scratch" }

  /// Writes a file under a name that tells them apart where there are several, and returns it.
  @discardableResult
  func keep(_ text: String, as stem: String, extension suffix: String) throws -> String {
    let file = FileSystem.unusedPath("\(path)/\(stem)", extension: suffix)
    try FileSystem.write(Array(text.utf8), to: file)
    return String(file.dropFirst(path.count + 1))
  }
}
