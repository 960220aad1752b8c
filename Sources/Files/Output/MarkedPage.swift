/// An HTML page that says in its head that Billhook wrote it, so that a later one may take its place.
package enum MarkedPage {
  /// The line of the head that marks a page, without the version.
  package static let marker = "<meta name=\"generator\" content=\"Billhook"

  /// Whether nothing is at a path, or a page of Billhook's.
  package static func mayReplace(_ path: String) -> Bool {
    if FileSystem.isLink(path) { return false }
    guard FileSystem.exists(path) else { return true }
    guard !FileSystem.isDirectory(path), let file = try? MappedFile(path) else { return false }
    return file.withBytes { bytes in
      // The marker stands in the first lines; what a page quotes comes later, and is escaped.
      String(decoding: bytes.prefix(512), as: UTF8.self).contains(marker)
    }
  }
}
