public import BillhookFiles

/// Messages between a user and a model.
public struct Conversation: Sendable, Equatable {
  /// The roles that messages have.
  public enum Role: String, Sendable, CaseIterable {
    /// Whoever says how the model is to behave.
    case system
    /// The same, as the templates of some models name it.
    case developer
    /// Whoever asks.
    case user
    /// The model.
    case assistant
    /// What a tool answered to a call of the model.
    case tool
  }

  /// A message.
  public struct Message: Sendable, Equatable {
    /// Who speaks.
    public let role: Role
    /// What templates see besides the role: `content`, and whatever else there is.
    public let fields: [JSON.Member]

    /// Makes a message; members that are `null` are left out, as in transformers.
    public init(_ role: Role, _ fields: [JSON.Member]) {
      self.role = role
      self.fields = fields.filter { !$0.value.isNull && $0.key != "role" }
    }

    /// Makes a message of text.
    public init(_ role: Role, _ text: String) {
      self.init(role, [JSON.Member(key: "content", value: .string(text))])
    }
  }

  /// The messages in their order.
  public let messages: [Message]
  /// The tools that the model may call, in the form of JSON schemas; nil for none.
  public let tools: JSON?
  /// The line of the file that it comes from.
  public let line: Int

  /// Makes a conversation.
  public init(_ messages: [Message], tools: JSON? = nil, line: Int = 1) {
    self.messages = messages
    self.tools = tools?.isNull == true ? Optional.none : tools
    self.line = line
  }
}

extension Conversation {
  /// Roughly how many bytes of text it has.
  package var size: Int {
    messages.reduce(0) { count, message in
      message.fields.reduce(count) { $0 + ($1.value.string?.utf8.count ?? 0) }
    }
  }
}
