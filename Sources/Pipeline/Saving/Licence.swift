import BillhookCore

/// The licence of a base model, as its own files name it.
struct Licence: Equatable {
  let name: String
  /// Where its text is, for one that model hubs do not know; nil where nothing says so.
  private(set) var link: String?
  /// Whether model hubs do not know it, and call it `other`.
  private(set) var isOther = false
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
        let found = Self.licence(inHeadOf: String(decoding: bytes, as: UTF8.self))
      else { continue }
      (name, source) = (found.name.shown(atMost: 200), "card")
      (link, isOther) = (found.link, found.isOther)
      return
    }
    return nil
  }

  /// The licence in the YAML at the head of a card.
  private static func licence(
    inHeadOf card: String
  ) -> (name: String, link: String?, isOther: Bool)? {
    let lines = card.split(
      maxSplits: 500,
      omittingEmptySubsequences: false,
      whereSeparator: \.isNewline
    )
    guard lines.first?.hasPrefix("---") == true else { return nil }
    var found: [String: String] = [:]
    for line in lines.dropFirst() {
      if line.hasPrefix("---") { break }
      for key in ["license", "license_name", "license_link"] where line.hasPrefix("\(key):") {
        // What follows ` #` is a comment.
        let end = line.firstRange(of: " #")?.lowerBound ?? line.endIndex
        let value = line[..<end].dropFirst(key.count + 1).filter { !"\"' \r".contains($0) }
        if !value.isEmpty { found[key] = value }
      }
    }
    guard let name = found["license"] else { return nil }
    // Hubs say `other` and name it apart.
    guard name == "other" else { return (name, nil, false) }
    return (found["license_name"] ?? name, found["license_link"], true)
  }

  /// The lines that name it to model hubs, as YAML: only values of which that is safe.
  var front: [String] {
    guard Self.isPlain(name) else { return [] }
    guard isOther else { return ["license: \(name)"] }
    let isLink = link?.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-._/:".contains($0))
    }
    return ["license: other"]
      + (name == "other" ? [] : ["license_name: \(name)"])
      + (link.map { isLink == true ? ["license_link: \($0)"] : [] } ?? [])
  }

  /// Whether a name can stand in YAML as it is.
  static func isPlain(_ name: String) -> Bool {
    name.first?.isLetter == true
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._/".contains($0)) }
  }
}
