import BillhookEngine
import BillhookCore

/// The token windows of a plan's data sources, each made when it is first asked for.
struct TokenSets {
  private let steps: [String: DataStep]
  private let model: LanguageModel
  private let files: PlanFiles
  private let context: RunContext
  private var made: [String: TokenSet] = [:]
  private var tokenizer: Tokenizer?

  /// The windows for a model; the context is told what is odd about them before they are used.
  init(
    _ steps: [String: DataStep],
    for model: LanguageModel,
    _ files: PlanFiles,
    _ context: RunContext
  ) {
    self.steps = steps
    self.model = model
    self.files = files
    self.context = context
  }

  /// The windows of a data source.
  subscript(name: String) -> TokenSet {
    mutating get throws {
      if let known = made[name] { return known }
      guard let step = steps[name] else { throw DataError("no data is named `\(name)`") }
      // Read once in a run, and kept only if the files are what the keys of results say; what a mixture
      // is drawn from is read as any data is.
      let tokens = try files.reading(step) { try self.tokens(step) }
      made[name] = tokens
      return tokens
    }
  }

  private mutating func tokens(_ step: DataStep) throws -> TokenSet {
    if let source = step.source as? any MixedSource {
      let sets = try step.parts.map { try self[$0] }
      do {
        return try source.mixture.drawn(
          from: sets,
          named: source.parts.map(\.name),
          between: context.checkCancelled
        )
      } catch let error as DataError {
        throw DataError("\(step.place): \(error)")
      }
    }
    if step.source is any TaskSource {
      let tokens = try step.questionTokens(for: model, openedTokenizer(), context)
      guard let tokens else { return TokenSet([], note: "") }
      try step.check(tokens, for: model)
      return tokens
    }
    let documents = try step.documents(context)
    let tokenizer =
      step.needsTokenizer(for: documents, of: model) ? try self.openedTokenizer() : nil
    let tokens = try step.windows(of: documents, for: model, tokenizer, context)
    try step.check(tokens, for: model)
    let longest = tokens.windows.map(\.tokens.count).max() ?? 0
    let positions = model.configuration.maximumPositions
    if step.windows.length == nil, longest > positions {
      context.progress(
        .note(
          "\(step.place): a whole document is one window of \(longest) tokens, longer than the "
            + "\(positions) positions of the model; `length = \(positions)` cuts windows of it"
        )
      )
    }
    return tokens
  }

  private mutating func openedTokenizer() throws -> Tokenizer {
    if let tokenizer { return tokenizer }
    let opened = try model.directory.tokenizer()
    tokenizer = opened
    return opened
  }
}
