import BillhookCore

extension DataStep {
  /// The tokens of questions as a model is run on them; nil for data that gives none.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: Its tokenizer.
  ///   - context: What is told of the work; nil for nothing.
  ///   - isCounted: Which of the questions are made tokens, by their numbers; all by default.
  /// - Returns: The questions, and all of their tokens.
  /// - Throws: `DataError` that says what cannot be asked; what reading throws.
  func questionTokens(
    for model: LanguageModel,
    _ tokenizer: Tokenizer,
    _ context: RunContext?,
    where isCounted: ([Question]) -> [Question] = { $0 }
  ) throws -> TokenSet? {
    guard let task = source as? any TaskSource else { return nil }
    let questions = try task.answer(at: "data `\(name)`") {
      try TextReader.$listener.withValue(context) { try task.questions() }
    }
    guard !questions.isEmpty else { throw DataError("\(place): holds no question") }
    let asked = isCounted(questions)
    let tokenizing = context.map { Tokenizing(questions: asked, by: tokenizer, $0) }
    do {
      let windowing = try QuestionWindowing(
        task.beginning,
        beginning: TextBeginning(in: model.directory, model.configuration, tokenizer),
        end: model.directory.endToken(tokenizer),
        positions: model.configuration.maximumPositions
      ) {
        try tokenizing?.encode($0) ?? tokenizer.encode($0, addingSpecialTokens: false)
      }
      func cut() throws -> TokenSet { try windowing.tokens(of: asked, task.note) }
      return try tokenizing?.run("tokens of `\(name)`", cut) ?? cut()
    } catch let error as DataError {
      throw DataError("\(place): \(error)")
    }
  }
}
