public import BillhookFiles
import BillhookJinja

extension ChatTemplate {
  /// A conversation as text.
  public struct Text: Sendable, Equatable {
    /// The text.
    public let text: String
    /// What the model is to write of it, in order.
    public let answers: [Answer]
  }

  /// What a model is to write, in bytes of the text's UTF-8.
  public struct Answer: Sendable, Equatable {
    /// Where it begins.
    public let start: Int
    /// Where it ends, with what ends the turn.
    public let end: Int
    /// Whether a token that begins before the end and goes on after it belongs to the answer.
    public let takesLastToken: Bool
  }

  /// The text of a conversation, with the answers in it.
  ///
  /// Where the template has `{% generation %}` tags, they say what the answers are. Otherwise an answer
  /// begins where the messages before it end when an answer is asked for, and ends where the messages up
  /// to it end. If the template writes a turn otherwise once others follow it, the end is found by
  /// another text in the place of the answer: what follows that text, as far as it is what follows it
  /// at the end of a conversation.
  ///
  /// - Throws: `FileError` from the template, or where an answer cannot be found.
  public func text(of conversation: Conversation) throws(FileError) -> Text {
    let (messages, tools) = (conversation.messages, conversation.tools)
    let whole = try render(messages, tools: tools, prompting: false)
    if let spans = whole.generated {
      let answers = spans.filter { !$0.isEmpty }.map {
        Answer(start: $0.lowerBound, end: $0.upperBound, takesLastToken: true)
      }
      return Text(text: whole.text, answers: answers)
    }
    let bytes = Array(whole.text.utf8)
    var answers: [Answer] = []
    for (index, message) in messages.enumerated() where message.role == .assistant {
      let start = try start(of: index, in: conversation, bytes)
      let end = try end(of: index, in: conversation, bytes)
      if start < end.place {
        answers.append(Answer(start: start, end: end.place, takesLastToken: end.isWhole))
      }
    }
    return Text(text: whole.text, answers: answers)
  }

  /// Where the answer with an index begins.
  private func start(
    of index: Int,
    in conversation: Conversation,
    _ whole: [UInt8]
  ) throws(FileError) -> Int {
    let before = Array(conversation.messages[..<index])
    // Some templates refuse to begin with nothing, or to ask after an answer.
    if !before.isEmpty,
      let prompt = try? render(before, tools: conversation.tools, prompting: true).text,
      whole.starts(with: prompt.utf8)
    {
      return prompt.utf8.count
    }
    let other = try replaced(index, in: conversation, through: conversation.messages.count)
    guard whole.starts(with: other.before) else { throw lost(index, conversation) }
    return other.before.count
  }

  /// Where the answer with an index ends, and whether all is there that ends a turn.
  private func end(
    of index: Int,
    in conversation: Conversation,
    _ whole: [UInt8]
  ) throws(FileError) -> (place: Int, isWhole: Bool) {
    let through = Array(conversation.messages[...index])
    if let text = try? render(through, tools: conversation.tools, prompting: false).text,
      whole.starts(with: text.utf8)
    {
      return (text.utf8.count, true)
    }
    let other = try replaced(index, in: conversation, through: conversation.messages.count)
    let alone = try replaced(index, in: conversation, through: index + 1)
    let rest = other.after
    guard whole.count >= rest.count, whole.suffix(rest.count).elementsEqual(rest) else {
      throw lost(index, conversation)
    }
    let common = zip(rest, alone.after).prefix { $0 == $1 }.count
    return (whole.count - rest.count + common, common == alone.after.count)
  }

  /// What stands before and after another text in the place of an answer.
  private func replaced(
    _ index: Int,
    in conversation: Conversation,
    through count: Int
  ) throws(FileError) -> (before: [UInt8], after: [UInt8]) {
    let mark = "Qx7Answer7xQ"
    var messages = Array(conversation.messages[..<count])
    let content = JSON.Member(key: "content", value: .string(mark))
    var fields = messages[index].fields.map { $0.key.isIdentical(to: "content") ? content : $0 }
    // A call of a tool may stand alone.
    if !fields.contains(where: { $0.key.isIdentical(to: "content") }) { fields.append(content) }
    messages[index] = Conversation.Message(.assistant, fields)
    let text = try render(messages, tools: conversation.tools, prompting: false).text
    let parts = Self.parts(Array(text.utf8), around: Array(mark.utf8))
    guard let parts else { throw lost(index, conversation) }
    return parts
  }

  /// What is before and after a part; nil where it is not there, or more than once.
  private static func parts(
    _ text: [UInt8],
    around mark: [UInt8]
  ) -> (before: [UInt8], after: [UInt8])? {
    let places = text.indices.filter { text[$0...].starts(with: mark) }
    guard places.count == 1, let place = places.first else { return nil }
    return (Array(text[..<place]), Array(text[(place + mark.count)...]))
  }

  private func lost(_ index: Int, _ conversation: Conversation) -> FileError {
    FileError(
      "the chat template",
      at: "message \(index + 1)",
      "the answer cannot be found in what it gives; mark answers in it with {% generation %}, or count "
        + "everything with `loss = all`"
    )
  }
}
