package import BillhookFiles
package import BillhookModels

/// Reads conversations in one of the forms that files have them in.
package struct ConversationReading {
  /// The forms of a row.
  package enum Shape: String, Sendable, CaseIterable {
    /// `messages`, each with `role` and `content`.
    case messages
    /// `conversations`, each with `from` and `value`.
    case sharegpt
    /// `instruction`, `input` and `output`.
    case alpaca
  }

  private let shape: Shape
  private let path: String

  /// Reads rows of a form.
  package init(_ shape: Shape, in path: String) {
    self.shape = shape
    self.path = path
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
    in path: String
  ) throws(DataError) -> Shape {
    let value = record.value
    if value["messages"] != nil { return .messages }
    if value["conversations"] != nil { return .sharegpt }
    if value["instruction"] != nil, value["output"] != nil { return .alpaca }
    let known = (value.members ?? []).prefix(20).map { "`\($0.key.shown(atMost: 40))`" }
    throw DataError(
      "\(path): line \(record.line): expected `messages`, `conversations`, or `instruction` with "
        + "`output`; found \(known.isEmpty ? value.kind : known.joined(separator: ", "))"
    )
  }

  /// The conversation of a row.
  package func conversation(_ record: JSON.Record) throws(DataError) -> Conversation {
    switch shape {
    case .messages:
      let messages = try elements("messages", of: record)
      var found: [Conversation.Message] = []
      for (index, message) in messages.enumerated() {
        found.append(try self.message(message, index, record))
      }
      let tools = record.value["tools"]
      if let tools, !tools.isNull, tools.array == nil {
        throw failure(record, "expected a list in `tools`, found \(tools.kind)")
      }
      return Conversation(
        found,
        tools: tools?.array?.isEmpty == true ? nil : tools,
        line: record.line
      )
    case .sharegpt:
      var found: [Conversation.Message] = []
      for (index, turn) in try elements("conversations", of: record).enumerated() {
        found.append(try self.turn(turn, index, record))
      }
      return Conversation(found, line: record.line)
    case .alpaca:
      let instruction = try text("instruction", record)
      let input = try JSONRecords.text("input", of: record, in: path) ?? ""
      return Conversation(
        [
          Conversation.Message(.user, input.isEmpty ? instruction : "\(instruction)\n\n\(input)"),
          Conversation.Message(.assistant, try text("output", record)),
        ],
        line: record.line
      )
    }
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
