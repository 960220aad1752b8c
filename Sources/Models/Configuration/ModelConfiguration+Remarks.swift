import BillhookFiles

extension ModelConfiguration {
  /// Remarks on keys that nothing reads.
  func remarks(of path: String) -> [String] {
    guard !unreadKeys.isEmpty else { return [] }
    let keys = unreadKeys.map { "`\($0.shown(atMost: 80))`" }
    let list =
      keys.count == 1
      ? "the key \(keys[0])"
      : "the keys \(keys.dropLast().joined(separator: ", ")) and \(keys[keys.count - 1])"
    return [
      "\(path): \(list) \(keys.count == 1 ? "is" : "are") ignored, "
        + "because \(architecture.withArticle) does not read \(keys.count == 1 ? "it" : "them")"
    ]
  }
}
