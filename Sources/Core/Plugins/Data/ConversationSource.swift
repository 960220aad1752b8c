public import BillhookEngine
public import BillhookModels

/// Reads conversations, which the model's chat template turns into text.
public protocol ConversationSource: DataSource {
  /// The conversations in their order, at most so many.
  ///
  /// - Throws: `DataError` that names the line of one that cannot be read.
  func conversations(atMost limit: Int) throws -> [Conversation]

  /// How windows are made of them.
  var rules: ConversationRules { get }
}

extension ConversationSource {
  /// A document for each conversation.
  public func documents() throws -> [Document] {
    try conversations(atMost: .max).map(Document.conversation)
  }
}

extension ConversationReading.Shape: Choice {}

extension ConversationRules.Loss: Choice {}

extension ConversationRules.Excess: Choice {}
