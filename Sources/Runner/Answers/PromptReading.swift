import BillhookCore

/// A prompt as tokens, with what becomes a row of the answers.
struct Prompt {
  /// Where it comes from.
  enum Origin {
    /// A text that is continued as it is.
    case text(String)
    /// A conversation that goes through the chat template.
    case conversation([JSON], tools: JSON?)
  }

  let tokens: [Int]
  let origin: Origin

  /// The row with an answer: a `text` that `jsonl` reads, or `messages` that `conversations` reads, so that
  /// a model is trained on the very text that was written.
  func row(answer: String, isEnded: Bool) -> String {
    var members: [JSON.Member]
    switch origin {
    case .text(let text):
      members = [
        JSON.Member(key: "prompt", value: .string(text)),
        JSON.Member(key: "text", value: .string(text + answer)),
      ]
    case .conversation(let messages, let tools):
      let reply: JSON = ["role": "assistant", "content": .string(answer)]
      members = [JSON.Member(key: "messages", value: .array(messages + [reply]))]
      if let tools { members.append(JSON.Member(key: "tools", value: tools)) }
    }
    members.append(JSON.Member(key: "finish_reason", value: isEnded ? "stop" : "length"))
    return JSON.object(members).text(indent: nil) + "\n"
  }
}

/// Reads prompts: rows with a `prompt`, which is continued as it is, or conversations, whose last answer
/// is left out and which go through the chat template.
struct PromptReading {
  let model: LanguageModel
  let tokenizer: Tokenizer
  let beginning: TextBeginning
  let template: String?
  let time: JinjaTime?

  /// The prompts of a file.
  ///
  /// - Parameters:
  ///   - file: A JSON list, or JSON Lines.
  ///   - count: How many tokens are added to each at most.
  /// - Returns: The prompts, one for each row.
  /// - Throws: `DataError` that names the line of a prompt that cannot be answered.
  func prompts(of file: String, adding count: Int) throws -> [Prompt] {
    let records = try TextReader.records(file)
    guard !records.isEmpty else { throw DataError("\(file): there are no prompts") }
    var chat: ChatTemplate?
    return try records.map { record in
      let prompt: Prompt
      if let text = record.value["prompt"]?.string {
        prompt = Prompt(tokens: beginning.tokens(of: text, by: tokenizer), origin: .text(text))
      } else {
        let found = try chat ?? ChatTemplate(in: model.directory, at: template, time: time)
        chat = found
        prompt = try self.prompt(record, file, found)
      }
      guard !prompt.tokens.isEmpty else {
        throw DataError("\(file): line \(record.line): \(Self.nothingToContinue)")
      }
      let positions = model.configuration.maximumPositions
      guard prompt.tokens.count + count <= positions else {
        throw DataError(
          "\(file): line \(record.line): the prompt has \(counted(prompt.tokens.count, "token")), and with "
            + "--max-tokens \(count) more the model, made for \(positions), has no room; shorten it"
        )
      }
      return prompt
    }
  }

  /// What is wrong with a prompt without any token, and what to do.
  static let nothingToContinue =
    "the prompt has no token, and the model has none that begins a text, so there is nothing to continue; "
    + "write some text there"

  private func prompt(
    _ record: JSON.Record,
    _ file: String,
    _ chat: ChatTemplate
  ) throws -> Prompt {
    let shape = try ConversationReading.shape(of: record, in: file, isPrompt: true)
    let conversation = try ConversationReading(shape, in: file, arePrompts: true)
      .conversation(record)
    var messages = conversation.messages
    while messages.last?.role == .assistant { messages.removeLast() }
    guard !messages.isEmpty else {
      throw DataError("\(file): line \(record.line): there is nothing to answer")
    }
    do {
      let text = try chat.render(messages, tools: conversation.tools, prompting: true).text
      let asked = messages.map {
        JSON.object([JSON.Member(key: "role", value: .string($0.role.rawValue))] + $0.fields)
      }
      return Prompt(
        tokens: tokenizer.encode(text, addingSpecialTokens: false),
        origin: .conversation(asked, tools: conversation.tools)
      )
    } catch {
      throw DataError("\(file): line \(record.line): \(error)")
    }
  }
}
