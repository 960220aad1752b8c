import BillhookCore

extension LanguageModel {
  /// Why distributions of this model and of another cannot be compared, and what to do; nil where
  /// both have the same tokens, as far as both have tokenizers.
  ///
  /// Tables of different sizes are of the same tokens where neither tokenizer has a token beyond the smaller
  /// one: models of one family are often padded to different multiples.
  func vocabularyProblem(beside other: LanguageModel) -> String? {
    let (own, known) = (configuration.vocabularySize, other.configuration.vocabularySize)
    let sizes = "knows \(known) tokens and the model \(own)"
    // A tokenizer of the model's that cannot be read is an error where text is turned into tokens.
    guard other.directory.hasTokenizer, let mine = try? directory.tokenizer() else {
      return own == known ? nil : "\(sizes); both need the same tokenizer"
    }
    let theirs: Tokenizer
    do {
      theirs = try other.directory.tokenizer()
    } catch {
      return "has a tokenizer that cannot be compared with the model's: \(error)"
    }
    let count = max(mine.vocabularySize, theirs.vocabularySize)
    for id in 0..<min(count, own, known) where mine.token(of: id) != theirs.token(of: id) {
      return "has \(shown(theirs.token(of: id))) where the model has \(shown(mine.token(of: id))), "
        + "as token \(id); both need the same tokens"
    }
    guard own != known else { return nil }
    for id in min(own, known)..<max(count, own, known) {
      guard let token = mine.token(of: id) ?? theirs.token(of: id) else { continue }
      return "\(sizes), and token \(id) is \(shown(token)); both need the same tokens"
    }
    return nil
  }

  private func shown(_ token: String?) -> String {
    token.map { "`\($0.shown(atMost: 40))`" } ?? "no token"
  }
}
