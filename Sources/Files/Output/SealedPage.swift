/// A page in Markdown or HTML with a last line by which its writer knows it again, as long as nobody
/// changed it.
package struct SealedPage {
  /// Who wrote a page, as its last line says it.
  package enum Writer: String {
    /// The pages of plugins.
    case explain = "`billhook explain --pages`"
    /// The README.md beside a saved model.
    case save = "`save` of Billhook"
    /// The page of a run's report, and that of several.
    case report = "`billhook report`"
  }

  /// The name of the page that stands beside a saved model.
  package static let cardName = "README.md"

  /// The whole text.
  package let text: String

  /// A page with its last line.
  package init(_ body: String, by writer: Writer) { text = body + Self.lastLine(of: body, writer) }

  private static func start(_ writer: Writer) -> String {
    "<!-- Written by \(writer.rawValue); sha256 "
  }

  private static func lastLine(of body: String, _ writer: Writer) -> String {
    start(writer) + SHA256.hex(body) + " -->\n"
  }

  /// Whether there is nothing at a path that would be lost if a page of a writer were written there.
  ///
  /// - Throws: `FileError` when a file cannot be read.
  package static func mayReplace(_ path: String, by writer: Writer) throws(FileError) -> Bool {
    if FileSystem.isLink(path) { return false }
    guard FileSystem.exists(path) else { return true }
    return try isWhole(path, by: writer)
  }

  /// Whether a file is a page of a writer that nobody changed.
  ///
  /// - Throws: `FileError` when it cannot be read.
  package static func isWhole(_ path: String, by writer: Writer) throws(FileError) -> Bool {
    guard !FileSystem.isLink(path), !FileSystem.isDirectory(path) else { return false }
    let bytes = try FileSystem.read(path)
    let found = String(decoding: bytes, as: UTF8.self)
    guard Array(found.utf8) == bytes, let last = found.ranges(of: start(writer)).last?.lowerBound
    else { return false }
    let body = String(found[..<last])
    return found == body + lastLine(of: body, writer)
  }
}
