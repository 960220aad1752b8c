import BillhookCore

extension DataStep {
  /// The documents of the source.
  ///
  /// - Parameter context: What is told of the work; nil for nothing.
  /// - Returns: The documents, in their order.
  /// - Throws: `DataError` that names the data.
  func documents(_ context: RunContext?) throws -> [Document] {
    try source.answer(at: "data `\(name)`") {
      try TextReader.$listener.withValue(context) { try source.documents() }
    }
  }

  /// Whether windows of some documents need the model's tokenizer.
  func needsTokenizer(for documents: [Document], of model: LanguageModel) -> Bool {
    documents.contains(where: \.isText) || (windows.bos == .every && model.directory.hasTokenizer)
  }

  /// The windows of some documents, as a model is run on them.
  ///
  /// - Parameters:
  ///   - documents: What the source gave.
  ///   - model: The model.
  ///   - tokenizer: Its tokenizer; nil where none is needed.
  ///   - context: What is told of the work; nil for nothing.
  /// - Returns: The windows.
  /// - Throws: `DataError` that names the data.
  func windows(
    of documents: [Document],
    for model: LanguageModel,
    _ tokenizer: Tokenizer?,
    _ context: RunContext?
  ) throws -> TokenSet {
    let hasAnswers = documents.contains { if case .exchange = $0 { true } else { false } }
    let tokenizing = context.flatMap { context in
      tokenizer.map { Tokenizing(documents, by: $0, context) }
    }
    var windowing = Windowing(
      windows,
      beginning: try TextBeginning(in: model.directory, model.configuration, tokenizer),
      end: hasAnswers ? try tokenizer.flatMap { try model.directory.endToken($0) } : nil
    ) {
      try tokenizing?.encode($0) ?? tokenizer?.encode($0, addingSpecialTokens: false) ?? []
    }
    windowing.beginningFault = model.configuration.beginningTokenFault
    do {
      windowing.chat = try chat(of: model)
      if let tokenizer { windowing.ends = { tokenizer.ends(of: $0, in: $1) } }
      func cut() throws -> TokenSet { try windowing.windows(of: documents) }
      return try tokenizing?.run("tokens of `\(name)`", cut) ?? cut()
    } catch let error as DataError {
      throw DataError("\(place): \(error)")
    } catch let error as FileError {
      throw DataError("\(place): \(error)")
    }
  }

  /// Refuses tokens that a model does not know.
  ///
  /// - Parameters:
  ///   - tokens: What was made of the data.
  ///   - model: The model.
  /// - Throws: `DataError` that names the data and the largest token of the first such window or prompt.
  func check(_ tokens: TokenSet, for model: LanguageModel) throws(DataError) {
    let size = model.configuration.vocabularySize
    let prompts = tokens.questions.compactMap { question in
      if case .text(let prompt, _, _) = question.form { prompt } else { [Int]?.none }
    }
    for tokens in tokens.windows.lazy.map(\.tokens) + prompts {
      guard let largest = tokens.max(), largest >= size else { continue }
      throw DataError(
        "\(place): holds the token id \(largest), but the model knows only \(size) tokens"
      )
    }
  }
}
