import BillhookCore

extension DataStep {
  /// The chat template of a model, and how windows are made; nil for data that is no conversations.
  ///
  /// - Throws: `FileError` where there is no template, or it is not understood.
  func chat(of model: LanguageModel) throws(FileError) -> (ChatTemplate, ConversationRules)? {
    guard let source = source as? any ConversationSource else { return nil }
    let rules = source.rules
    let template = try ChatTemplate(
      in: model.directory,
      at: rules.template,
      time: rules.time
    )
    return (template, rules)
  }

  /// Checks that the first conversations become windows.
  ///
  /// - Throws: `DataError` or `FileError` that says which does not, and why.
  func checkConversations(for model: LanguageModel, _ tokenizer: Tokenizer) throws {
    guard let chat = try chat(of: model) else { return }
    guard let source = source as? any ConversationSource else { return }
    for conversation in try source.conversations(atMost: 20) {
      do {
        // Where everything counts, answers need not be found.
        if chat.1.loss == .answers {
          _ = try chat.0.text(of: conversation)
        } else {
          _ = try chat.0.render(conversation.messages, tools: conversation.tools, prompting: false)
        }
      } catch {
        throw DataError("line \(conversation.line): \(error)")
      }
    }
  }
}
