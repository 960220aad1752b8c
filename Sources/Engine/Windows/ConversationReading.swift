package import BillhookFiles
package import BillhookModels

/// Reads conversations in one of the forms that files have them in.
package struct ConversationReading {
  /// The forms of a row.
  package enum Shape: String, Sendable, CaseIterable {
    /// `messages`, each with `role` and `content`.
    case messages
    /// `conversations`, each with `from` and `value`, or with `role` and `content`.
    case sharegpt
    /// `instruction`, `input` and `output`, after earlier turns in `history`.
    case alpaca
  }

  private let shape: Shape
  private let path: String
  private let arePrompts: Bool

  /// Reads rows of a form; those that are prompts need no answer.
  package init(_ shape: Shape, in path: String, arePrompts: Bool = false) {
    self.shape = shape
    self.path = path
    self.arePrompts = arePrompts
  }

  /// The roles of ShareGPT's speakers.
  private static let speakers: [String: Conversation.Role] = [
    "human": .user, "user": .user, "gpt": .assistant, "assistant": .assistant,
    "chatgpt": .assistant, "model": .assistant, "bot": .assistant, "system": .system,
    "tool": .tool, "observation": .tool, "function_response": .tool,
  ]

  /// The form that a row looks like.
  package static func shape(
    of record: JSON.Record,
    in path: String,
    isPrompt: Bool = false
  ) throws(DataError) -> Shape {
    let value = record.value
    if value["messages"] != nil { return .messages }
    if value["conversations"] != nil { return .sharegpt }
    if value["instruction"] != nil, isPrompt || value["output"] != nil { return .alpaca }
    let known = (value.members ?? []).prefix(20).map { "`\($0.key.shown(atMost: 40))`" }
    throw DataError(
      "\(path): line \(record.line): expected `messages`, `conversations`, or `instruction` with "
        + "`output`; found \(known.isEmpty ? value.kind : known.joined(separator: ", "))"
    )
  }

  /// The conversation of a row.
  package func conversation(_ record: JSON.Record) throws(DataError) -> Conversation {
    var messages: [Conversation.Message] = []
    switch shape {
    case .messages:
      for (index, message) in try elements("messages", of: record).enumerated() {
        messages.append(try self.message(message, index, record))
      }
    case .sharegpt:
      for (index, turn) in try elements("conversations", of: record).enumerated() {
        let isMessage = turn["from"] == nil && turn["role"] != nil
        messages.append(
          try isMessage ? message(turn, index, record) : self.turn(turn, index, record)
        )
      }
    case .alpaca:
      let instruction = try text("instruction", record)
      let input = try JSONRecords.text("input", of: record, in: path) ?? ""
      let asked = input.isEmpty ? instruction : "\(instruction)\n\n\(input)"
      messages = try history(record) + [Conversation.Message(.user, asked)]
      if !arePrompts {
        messages.append(Conversation.Message(.assistant, try text("output", record)))
      }
    }
    let system = try JSONRecords.text("system", of: record, in: path) ?? ""
    if !system.isEmpty {
      let message = Conversation.Message(.system, system)
      guard messages.first?.role != .system || messages.first == message else {
        throw failure(
          record,
          "has a `system` beside another one in its messages; leave one of them out"
        )
      }
      if messages.first != message { messages.insert(message, at: 0) }
    }
    return Conversation(messages, tools: try tools(record), line: record.line)
  }

  /// The tools of a row: a list, or its JSON as a text; nil where there are none.
  private func tools(_ record: JSON.Record) throws(DataError) -> JSON? {
    var tools = record.value["tools"] ?? .null
    if let text = tools.string {
      tools = text.isEmpty ? .null : (try? JSON(parsing: Array(text.utf8))) ?? tools
    }
    if tools.isNull { return nil }
    guard let list = tools.array else {
      throw failure(
        record,
        "expected a list in `tools`, or its JSON as a text, found \(tools.kind)"
      )
    }
    return list.isEmpty ? Optional.none : tools
  }

  /// Earlier turns of an Alpaca record: pairs of what was asked and what was answered.
  private func history(_ record: JSON.Record) throws(DataError) -> [Conversation.Message] {
    guard let history = record.value["history"], !history.isNull else { return [] }
    guard let pairs = history.array else {
      throw failure(record, "expected a list of pairs in `history`, found \(history.kind)")
    }
    var messages: [Conversation.Message] = []
    for (index, pair) in pairs.enumerated() {
      let texts = (pair.array ?? []).compactMap(\.string)
      guard texts.count == 2, pair.array?.count == 2 else {
        throw failure(
          record,
          "`history`: expected a pair of texts as turn \(index + 1), a question and its answer, found "
            + (pair.array.map { "a list of \($0.count)" } ?? pair.kind)
        )
      }
      messages += [
        Conversation.Message(.user, texts[0]), Conversation.Message(.assistant, texts[1]),
      ]
    }
    return messages
  }

  private func text(_ field: String, _ record: JSON.Record) throws(DataError) -> String {
    guard let text = try JSONRecords.text(field, of: record, in: path) else {
      throw JSONRecords.missing(field, of: record, in: path)
    }
    return text
  }

  private func elements(_ field: String, of record: JSON.Record) throws(DataError) -> [JSON] {
    guard let value = record.value[field] else {
      throw JSONRecords.missing(field, of: record, in: path)
    }
    guard let elements = value.array, !elements.isEmpty else {
      let found = value.array == nil ? value.kind : "an empty list"
      throw failure(record, "expected a list of messages in `\(field)`, found \(found)")
    }
    return elements
  }

  private func message(
    _ value: JSON,
    _ index: Int,
    _ record: JSON.Record
  ) throws(DataError) -> Conversation.Message {
    let place = "message \(index + 1)"
    guard let members = value.members else {
      throw failure(record, "\(place): expected an object with `role`, found \(value.kind)")
    }
    let name = value["role"]?.string
    guard let role = name.flatMap(Conversation.Role.init) else {
      throw unknown(name, value["role"], "role", place, record)
    }
    switch value["content"] {
    case .string?, .array?: break
    case nil, .null?:
      guard role == .assistant, members.contains(where: { $0.key != "role" && !$0.value.isNull })
      else {
        throw failure(record, "\(place): has no `content`")
      }
    case let other?:
      throw failure(record, "\(place): expected text in `content`, found \(other.kind)")
    }
    return Conversation.Message(role, members)
  }

  private func turn(
    _ value: JSON,
    _ index: Int,
    _ record: JSON.Record
  ) throws(DataError) -> Conversation.Message {
    let place = "message \(index + 1)"
    guard value.members != nil else {
      throw failure(record, "\(place): expected an object with `from`, found \(value.kind)")
    }
    let name = value["from"]?.string
    guard let role = name.flatMap({ Self.speakers[$0] }) else {
      throw unknown(name, value["from"], "from", place, record)
    }
    guard let text = value["value"]?.string else {
      let found = value["value"]?.kind ?? "nothing"
      throw failure(record, "\(place): expected text in `value`, found \(found)")
    }
    return Conversation.Message(role, text)
  }

  private func unknown(
    _ name: String?,
    _ value: JSON?,
    _ field: String,
    _ place: String,
    _ record: JSON.Record
  ) -> DataError {
    let known =
      field == "role" ? Conversation.Role.allCases.map(\.rawValue) : Self.speakers.keys.sorted()
    let found = name.map { "\"\($0.shown(atMost: 40))\"" } ?? value?.kind ?? "nothing"
    return failure(
      record,
      "\(place): expected one of \(known.joined(separator: ", ")) in `\(field)`, found \(found)"
    )
  }

  private func failure(_ record: JSON.Record, _ problem: String) -> DataError {
    DataError("\(path): line \(record.line): \(problem)")
  }
}
