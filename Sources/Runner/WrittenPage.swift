import BillhookCore

/// A page that `explain --pages` writes, with a last line by which a later call knows it again, as long
/// as nobody changed it.
struct WrittenPage {
  /// The whole text.
  let text: String

  private static let start = "<!-- Written by `billhook explain --pages`; sha256 "
  private static let end = " -->\n"

  /// A page with its last line.
  init(_ body: String) { text = body + Self.lastLine(of: body) }

  private static func lastLine(of body: String) -> String { start + SHA256.hex(body) + end }

  /// Whether there is nothing at a path that would be lost if the page were written there.
  ///
  /// - Throws: `FileError` when a file cannot be read.
  func mayReplace(_ path: String) throws(FileError) -> Bool {
    if FileSystem.isLink(path) { return false }
    guard FileSystem.exists(path) else { return true }
    let bytes = try FileSystem.read(path)
    let found = String(decoding: bytes, as: UTF8.self)
    if Array(found.utf8) == bytes, found == text { return true }
    guard let last = found.range(of: Self.start)?.lowerBound else { return false }
    let body = String(found[..<last])
    return found == body + Self.lastLine(of: body)
  }
}

extension String {
  /// Where a text stands for the last time.
  fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).last }
}
