extension ModelDirectory {
  /// The tokens that end a text: those of `generation_config.json`, or else of `config.json`.
  ///
  /// - Throws: `ModelError` when the file is damaged, or names something that is no token id.
  public func endTokens() throws(ModelError) -> Set<Int> {
    for name in ["generation_config.json", "config.json"] where FileSystem.exists(file(name)) {
      guard let value = try JSON(contentsOf: file(name))["eos_token_id"], !value.isNull else {
        continue
      }
      var ends: Set<Int> = []
      for element in value.array ?? [value] {
        guard let id = element.int, id >= 0 else {
          throw ModelError(
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
}
