public import BillhookFiles
public import BillhookJinja

/// The template that turns a conversation into the text that a model was trained on.
///
/// As transformers finds it: `chat_template.jinja`, or else `chat_template` of `tokenizer_config.json`,
/// which is one template or several with names. Of several, `tool_use` is for conversations with tools,
/// and `default` for all others.
public struct ChatTemplate: Sendable {
  /// The files of a model directory that say what templates give.
  package static let files = [
    configurationFile, "special_tokens_map.json", ownFile, toolFile,
  ]

  private static let configurationFile = "tokenizer_config.json"
  private static let ownFile = "chat_template.jinja"
  private static let toolFile = "additional_chat_templates/tool_use.jinja"
  private static let tokenNames = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  private let plain: JinjaTemplate
  private let withTools: JinjaTemplate
  private let tokens: [(name: String, value: JinjaValue)]
  private let time: JinjaTime?
  /// Where it was read, for messages.
  private let path: String

  /// Reads the template of a model.
  ///
  /// - Parameters:
  ///   - directory: The model's directory.
  ///   - path: A file with another template; nil for the model's own.
  ///   - time: The time that templates are told; nil for none.
  /// - Throws: `FileError` where there is no template, or it is not understood.
  public init(
    in directory: ModelDirectory,
    at path: String? = nil,
    time: JinjaTime? = nil
  ) throws(FileError) {
    self.time = time
    let configurationPath = directory.file(Self.configurationFile)
    let configuration = try directory.json(Self.configurationFile) ?? .null
    tokens = try Self.tokens(directory, configuration)
    if let path {
      self.path = path
      plain = try Self.template(FileSystem.read(path, atMost: JinjaTemplate.longest), path)
      withTools = plain
      return
    }
    if let own = try directory.contents(of: Self.ownFile) {
      self.path = directory.file(Self.ownFile)
      plain = try Self.template(own, self.path)
      withTools =
        try directory.contents(of: Self.toolFile).map { (tools) throws(FileError) in
          try Self.template(tools, directory.file(Self.toolFile))
        } ?? plain
      return
    }
    self.path = configurationPath
    guard let value = configuration["chat_template"], !value.isNull else {
      throw FileError(
        directory.path,
        "has no chat template (`chat_template.jinja`, or `chat_template` in `tokenizer_config.json`); "
          + "name a file, with `template = \"…\"` in a recipe or `--template` of `generate`"
      )
    }
    if let text = value.string {
      plain = try Self.template(text, configurationPath)
      withTools = plain
      return
    }
    var named: [String: String] = [:]
    for element in value.array ?? [] {
      guard let name = element["name"]?.string, let text = element["template"]?.string else {
        named = [:]
        break
      }
      named[name] = text
    }
    guard let text = named["default"] else {
      let found =
        named.isEmpty ? value.kind : "the templates \(named.keys.sorted().joined(separator: ", "))"
      throw FileError(
        configurationPath,
        at: "chat_template",
        "expected a template, or a list of them of which one is named `default`; found \(found)"
      )
    }
    plain = try Self.template(text, configurationPath)
    withTools =
      try named["tool_use"].map { (text) throws(FileError) in
        try Self.template(text, configurationPath)
      } ?? plain
  }

  private static func template(_ bytes: [UInt8], _ path: String) throws(FileError) -> JinjaTemplate
  {
    guard bytes.count <= JinjaTemplate.longest, let text = String(validating: bytes, as: UTF8.self)
    else {
      throw FileError(path, "is not text in UTF-8 of at most \(JinjaTemplate.longest) bytes")
    }
    return try template(text, path)
  }

  private static func template(
    _ source: String,
    _ path: String
  ) throws(FileError) -> JinjaTemplate {
    do throws(JinjaError) {
      return try JinjaTemplate(source)
    } catch {
      throw FileError(path, at: "chat template", "\(error)")
    }
  }

  private static func tokens(
    _ directory: ModelDirectory,
    _ configuration: JSON
  ) throws(FileError) -> [(name: String, value: JinjaValue)] {
    let others = try directory.json("special_tokens_map.json") ?? .null
    return tokenNames.compactMap { name in
      let value = configuration[name] ?? others[name]
      return (value?.string ?? value?["content"]?.string).map { (name, .string($0)) }
    }
  }

  /// Whether templates mark what the model writes, with `{% generation %}`.
  func marksGeneration(_ tools: JSON?) -> Bool {
    (tools == nil ? plain : withTools).marksGeneration
  }

  /// The text of some messages.
  ///
  /// - Parameters:
  ///   - messages: The messages.
  ///   - tools: The tools; nil for none.
  ///   - prompting: Whether the beginning of an answer follows (`add_generation_prompt`).
  /// - Returns: The text.
  /// - Throws: `FileError` with the place in the template, and what it says or cannot take.
  public func render(
    _ messages: [Conversation.Message],
    tools: JSON? = nil,
    prompting: Bool
  ) throws(FileError) -> JinjaTemplate.Rendered {
    let variables: [(name: String, value: JinjaValue)] =
      tokens + [
        ("messages", .list(messages.map(\.given))),
        ("tools", tools.map(JinjaValue.init) ?? .none),
        ("documents", .none),
        ("add_generation_prompt", .bool(prompting)),
      ]
    do throws(JinjaError) {
      return try (tools == nil ? plain : withTools).render(variables, time: time)
    } catch {
      let place = "line \(error.line), column \(error.column) of the chat template"
      if error.kind == .raised {
        throw FileError(path, at: place, "refuses the conversation: \(error.message)")
      }
      let advice =
        error.kind == .time
        ? "; say which day it is: `date = \"2026-12-31\"` with data, `--date 2026-12-31` with `generate`"
        : ""
      throw FileError(path, at: place, error.message + advice)
    }
  }
}

extension Conversation.Message {
  /// What a template sees; thoughts are there under the names that templates read, as in transformers.
  fileprivate var given: JinjaValue {
    var members: [(key: String, value: JinjaValue)] = [("role", .string(role.rawValue))]
    members += fields.map { ($0.key, JinjaValue($0.value)) }
    let thought = ["reasoning_content", "thinking", "reasoning"].lazy
      .compactMap { name in fields.first { $0.key.isIdentical(to: name) } }.first
    if let thought {
      for name in ["thinking", "reasoning_content"]
      where !members.contains(where: { $0.key.isIdentical(to: name) }) {
        members.append((name, JinjaValue(thought.value)))
      }
    }
    return .dictionary(members)
  }
}
