import BillhookCore

/// The licence of a base model, as its own files name it.
struct Licence: Equatable {
  let name: String
  /// What names it.
  let source: String

  /// The licence in a model directory: of its configuration, else of the head of its card; nil where
  /// neither names one.
  init?(ofModelIn directory: String) {
    if let bytes = try? FileSystem.read("\(directory)/config.json"),
      let name = (try? JSON(parsing: bytes))?["license"]?.string, !name.isEmpty
    {
      (self.name, source) = (name.shown(atMost: 200), "configuration")
      return
    }
    for card in [SealedPage.cardName, ModelCardFile.baseName] {
      guard let bytes = try? FileSystem.read("\(directory)/\(card)", atMost: 10_000_000),
        let name = Self.licence(inHeadOf: String(decoding: bytes, as: UTF8.self))
      else { continue }
      (self.name, source) = (name.shown(atMost: 200), "card")
      return
    }
    return nil
  }

  /// The licence in the YAML at the head of a card.
  private static func licence(inHeadOf card: String) -> String? {
    let lines = card.split(
      maxSplits: 500,
      omittingEmptySubsequences: false,
      whereSeparator: \.isNewline
    )
    guard lines.first?.hasPrefix("---") == true else { return nil }
    var found: [String: String] = [:]
    for line in lines.dropFirst() {
      if line.hasPrefix("---") { break }
      for key in ["license", "license_name"] where line.hasPrefix("\(key):") {
        let value = line.dropFirst(key.count + 1).filter { !"\"' \r".contains($0) }
        if !value.isEmpty { found[key] = value }
      }
    }
    // Hubs say `other` and name it apart.
    return found["license"] == "other" ? found["license_name"] ?? "other" : found["license"]
  }

  /// Whether a name can stand in YAML as it is.
  static func isPlain(_ name: String) -> Bool {
    name.first?.isLetter == true
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._/".contains($0)) }
  }
}
