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
  /// The names of files that the run goes on writing to.
  private static let logsName = "logs.json"

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

  /// A path for a file that the run goes on writing to, under a name that nothing has yet.
  func log(as stem: String) throws -> String {
    let file = FileSystem.unusedPath("\(path)/\(stem)", extension: "jsonl")
    let names = Self.logs(of: path) + [String(file.dropFirst(path.count + 1))]
    let json = JSON.array(names.map(JSON.string))
    try FileSystem.write(Array((json.text() + "\n").utf8), to: "\(path)/\(Self.logsName)")
    return file
  }

  private static func logs(of folder: String) -> [String] {
    let bytes = try? FileSystem.read("\(folder)/\(logsName)")
    return bytes.flatMap { try? JSON(parsing: $0) }?.array?.compactMap(\.string) ?? []
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

  /// Whether a folder is that of a run, rather than somebody else's, or a link to one.
  static func isRun(_ folder: String) -> Bool {
    !FileSystem.isLink(folder) && record(of: folder) != nil
  }

  /// Removes the folder of a run, but for files that no run wrote, or that somebody changed.
  ///
  /// - Returns: Whether the folder is gone.
  static func remove(_ folder: String) throws -> Bool {
    guard !FileSystem.isLink(folder) else { return false }
    guard let record = record(of: folder) else { return FileSystem.removeEmptyDirectory(folder) }
    try FileSystem.remove("\(folder)/\(scratchName)")
    let strangers = Set(try record.strangers(in: folder).map(\.name))
    // Files that a run writes again and again have no hash in the list.
    let logs = [recordName, logsName, "journal.jsonl", "report.json", pageName] + logs(of: folder)
    for name in try FileSystem.names(in: folder)
    where !strangers.contains(name) || logs.contains(name) {
      let path = "\(folder)/\(name)"
      guard !FileSystem.isDirectory(path) else { continue }
      guard try name != pageName || SealedPage.mayReplace(path, by: .report) else { continue }
      try FileSystem.remove(path)
    }
    return FileSystem.removeEmptyDirectory(folder)
  }
}
