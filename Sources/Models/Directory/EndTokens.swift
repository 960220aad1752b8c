public import BillhookFiles
public import BillhookTokenizer

extension ModelDirectory {
  /// The tokens that end a text: those of `generation_config.json`, or else of `config.json`.
  ///
  /// - Throws: `FileError` when the file is damaged, or names something that is not a token id.
  public func endTokens() throws(FileError) -> Set<Int> {
    for name in ["generation_config.json", "config.json"] {
      guard let value = try json(name)?.ofText("eos_token_id"), !value.isNull else { continue }
      var ends: Set<Int> = []
      for element in value.array ?? [value] {
        guard let id = element.int, id >= 0 else {
          throw FileError(
            file(name),
            at: "eos_token_id",
            "expected a token id or a list of them, found \(value.text(indent: nil))"
          )
        }
        ends.insert(id)
      }
      return ends
    }
    return []
  }

  /// The token that follows a text in training: the one that `tokenizer_config.json` names, or else
  /// the first of `config.json`; nil where neither names one.
  ///
  /// - Throws: `FileError` when a file is damaged.
  public func endToken(_ tokenizer: Tokenizer) throws(FileError) -> Int? {
    if let id = try namedToken("eos_token", tokenizer) { return id }
    let value: JSON?
    do throws(JSONError) {
      value = try configurationText.json.ofText("eos_token_id")
    } catch {
      throw FileError(self.path, at: "eos_token_id", "\(error)")
    }
    let named = value?.int ?? value?.array?.first?.int
    return named.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The id of a token that `tokenizer_config.json` names, such as `eos_token`.
  func namedToken(_ key: String, _ tokenizer: Tokenizer) throws(FileError) -> Int? {
    let named = try json("tokenizer_config.json")?[key]
    return (named?.string ?? named?["content"]?.string).flatMap(tokenizer.id)
  }
}

extension JSON {
  /// The value of a key of a configuration, which an image model may have in that of its text model.
  fileprivate func ofText(_ key: String) -> JSON? { self[key] ?? self[TextTower.key]?[key] }
}
