package import BillhookCore

/// Where a run keeps what it found: the recipe, a journal, scores, token ids, and the report.
///
/// Lies at `runs/NAME` in the work folder, `.billhook` beside the recipe unless said otherwise.
package struct RunFolder: Sendable {
  /// The path of the folder.
  package let path: String

  /// Makes the folder of a new run.
  ///
  /// - Parameters:
  ///   - work: The work folder, made where it is missing.
  ///   - name: What the run is called, for example the recipe's name and the time.
  /// - Throws: `FileError` when the folder cannot be made.
  package init(in work: String, name: String) throws(FileError) {
    path = try FileSystem.makeNewDirectory("\(work)/\(WorkFolder.runsName)/\(name)")
  }

  /// A folder for files that nobody needs after the run.
  package var scratch: String { "\(path)/\(Self.scratchName)" }

  static let scratchName = "scratch"
  /// The list of what `keep` wrote, so that `clean` knows it.
  private static let recordName = "files.json"

  /// Writes a file under a name that nothing has yet, and returns the name.
  @discardableResult
  func keep(_ text: String, as stem: String, extension suffix: String) throws -> String {
    let file = FileSystem.unusedPath("\(path)/\(stem)", extension: suffix)
    let name = String(file.dropFirst(path.count + 1))
    let bytes = Array(text.utf8)
    // Noted first: a run may be killed between the two, and a file that is not noted stays for
    // ever.
    try note(WrittenFiles.File(name: name, byteCount: bytes.count, hash: SHA256.hex(bytes)))
    try FileSystem.write(bytes, to: file)
    return name
  }

  /// Writes the page of the run, in the place of an earlier one; another file stays, and so does a page
  /// that somebody changed.
  func keep(page: String) throws {
    let path = "\(path)/\(Self.pageName)"
    guard try SealedPage.mayReplace(path, by: .report) else { return }
    try FileSystem.write(Array(page.utf8), to: path)
  }

  private static let pageName = "report.html"

  private func note(_ file: WrittenFiles.File) throws {
    let files = (Self.record(of: path)?.files ?? []) + [file]
    let text = WrittenFiles(files).json.text() + "\n"
    try FileSystem.write(Array(text.utf8), to: "\(path)/\(Self.recordName)")
  }

  private static func record(of folder: String) -> WrittenFiles? {
    (try? FileSystem.read("\(folder)/\(recordName)")).flatMap { bytes in
      WrittenFiles(try? JSON(parsing: bytes))
    }
  }

  /// Removes the folder of a run, but for files that no run wrote, or that somebody changed.
  ///
  /// - Returns: Whether the folder is gone.
  static func remove(_ folder: String) throws -> Bool {
    guard let record = record(of: folder) else { return FileSystem.removeEmptyDirectory(folder) }
    try FileSystem.remove("\(folder)/\(scratchName)")
    let strangers = Set(try record.strangers(in: folder).map(\.name))
    for name in try FileSystem.names(in: folder)
    where !strangers.contains(name) || isLog(name) {
      let path = "\(folder)/\(name)"
      guard !FileSystem.isDirectory(path) else { continue }
      guard try name != pageName || SealedPage.mayReplace(path, by: .report) else { continue }
      try FileSystem.remove(path)
    }
    return FileSystem.removeEmptyDirectory(folder)
  }

  /// Whether a run writes a file of this name again and again, so that it is not listed.
  private static func isLog(_ name: String) -> Bool {
    name == recordName || name == "journal.jsonl" || name.hasPrefix("report.")
      || (name.hasPrefix("training-") && name.hasSuffix(".jsonl"))
  }
}
