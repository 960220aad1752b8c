import BillhookCore

extension LanguageModel {
  /// Why this model cannot learn the distributions of a teacher over its tokens, and what to do; nil where
  /// both have the same tokens.
  func vocabularyProblem(withTeacher teacher: LanguageModel) -> String? {
    let (own, known) = (configuration.vocabularySize, teacher.configuration.vocabularySize)
    if let id = firstOther(than: teacher, below: min(own, known)) {
      return "has \(id.theirs) where the model has \(id.own), as token \(id.number); a teacher needs the "
        + "tokens of the model"
    }
    guard own == known else {
      return "knows \(known) tokens and the model \(own); both need the same tokenizer"
    }
    return nil
  }

  /// The first token that is another one in the tokenizer of a teacher, as far as both have tokenizers.
  private func firstOther(
    than teacher: LanguageModel,
    below count: Int
  ) -> (number: Int, own: String, theirs: String)? {
    let paths = [directory.tokenizerPath, teacher.directory.tokenizerPath]
    // Tokenizers that cannot be read are an error where text is turned into tokens.
    guard let files = try? paths.map({ try FileSystem.read($0) }), files[0] != files[1],
      let own = try? Tokenizer(parsing: files[0], file: paths[0]),
      let theirs = try? Tokenizer(parsing: files[1], file: paths[1])
    else { return nil }
    for id in 0..<min(count, max(own.vocabularySize, theirs.vocabularySize)) {
      let (mine, other) = (own.token(of: id), theirs.token(of: id))
      guard mine != other else { continue }
      func shown(_ token: String?) -> String {
        token.map { "`\($0.shown(atMost: 40))`" } ?? "no token"
      }
      return (id, shown(mine), shown(other))
    }
    return nil
  }
}
