public import BillhookModels

/// One document of a data source.
public enum Document: Sendable, Equatable {
  /// Text that is still to be tokenised.
  case text(String)
  /// A question with its answer: one window, followed by the token that ends a text. Where
  /// `countsAll` is false, the question is context only.
  case exchange(prompt: String, answer: String, countsAll: Bool)
  /// Token ids that are taken as they are; those before `firstTarget` are context only.
  case tokens([Int], firstTarget: Int)
  /// A window that is taken as it is.
  case window(TokenWindow)
  /// A conversation, which the model's chat template turns into text.
  case conversation(Conversation)

  /// Whether it is text, for which a tokenizer is needed.
  package var isText: Bool {
    switch self {
    case .text, .exchange, .conversation: true
    case .tokens, .window: false
    }
  }
}
