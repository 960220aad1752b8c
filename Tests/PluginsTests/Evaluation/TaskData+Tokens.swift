import BillhookEngine
import BillhookModels
import BillhookTokenizer
@testable import BillhookCore
@testable import BillhookPlugins

extension TaskData {
  /// What a model is asked, as token ids.
  func tokens(for model: LanguageModel) throws -> TokenSet {
    let tokenizer = try Tokenizer(contentsOf: model.directory.tokenizerPath)
    let windowing = try QuestionWindowing(
      beginning,
      beginning: TextBeginning(in: model.directory, model.configuration, tokenizer),
      end: model.directory.endToken(tokenizer),
      positions: model.configuration.maximumPositions
    ) { tokenizer.encode($0, addingSpecialTokens: false) }
    return try windowing.tokens(of: questions())
  }
}
