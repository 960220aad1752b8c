import BillhookCore

extension LanguageModel {
  /// Why this model cannot learn the distributions of a teacher over its tokens, and what to do; nil where
  /// both have the same tokens, as far as both have tokenizers.
  func vocabularyProblem(withTeacher teacher: LanguageModel) -> String? {
    let (own, known) = (configuration.vocabularySize, teacher.configuration.vocabularySize)
    if let problem = tokenProblem(withTeacher: teacher, below: min(own, known)) { return problem }
    guard own == known else {
      return "knows \(known) tokens and the model \(own); both need the same tokenizer"
    }
    return nil
  }

  /// The first token that is another one in the tokenizer of a teacher.
  private func tokenProblem(withTeacher teacher: LanguageModel, below count: Int) -> String? {
    // A tokenizer of the model's that cannot be read is an error where text is turned into tokens.
    guard teacher.directory.hasTokenizer, let own = try? directory.tokenizer() else { return nil }
    let theirs: Tokenizer
    do {
      theirs = try teacher.directory.tokenizer()
    } catch {
      return "has a tokenizer that cannot be compared with the model's: \(error)"
    }
    func shown(_ token: String?) -> String {
      token.map { "`\($0.shown(atMost: 40))`" } ?? "no token"
    }
    for id in 0..<min(count, max(own.vocabularySize, theirs.vocabularySize)) {
      let (mine, other) = (own.token(of: id), theirs.token(of: id))
      guard mine != other else { continue }
      return "has \(shown(other)) where the model has \(shown(mine)), as token \(id); "
        + "a teacher needs the tokens of the model"
    }
    return nil
  }
}
