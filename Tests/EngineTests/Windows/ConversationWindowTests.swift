import BillhookCore
@testable import BillhookEngine
@testable import BillhookModels
import Testing
import TestSupport

/// Conversations as windows: ids and counted tokens beside transformers (Scripts/golden_chat.py), and what
/// is cut, dropped and packed.
@Suite struct ConversationWindowTests {
  private func windowing(
    _ template: String,
    _ rules: ConversationRules = ConversationRules(),
    _ set: (inout WindowSettings) -> Void = { _ in },
    in folder: String
  ) throws -> Windowing {
    let tokenizer = try Tokenizer(contentsOf: "\(Fixture.tinyModel)/tokenizer.json")
    try FileSystem.write(Array(template.utf8), to: "\(folder)/chat_template.jinja")
    let config = #"{"bos_token": "<s>", "eos_token": {"content": "</s>"}}"#
    try FileSystem.write(Array(config.utf8), to: "\(folder)/tokenizer_config.json")
    var settings = WindowSettings()
    set(&settings)
    var windowing = Windowing(settings, beginning: TextBeginning(0, isAdded: true)) {
      tokenizer.encode($0, addingSpecialTokens: false)
    }
    windowing.ends = { tokenizer.ends(of: $0, in: $1) }
    let time = JinjaTime(year: 2026, month: 3, day: 4, hour: 15, minute: 6, second: 7)
    windowing.chat = (try ChatTemplate(in: directory(folder), time: time), rules)
    return windowing
  }

  /// The folder as a model directory, of which nothing but the template is looked at.
  private func directory(_ folder: String) throws -> ModelDirectory {
    let path = "\(folder)/config.json"
    if !FileSystem.exists(path) { try FileSystem.write(Array("{}".utf8), to: path) }
    return try ModelDirectory(folder)
  }

  private func conversation(_ turns: [(String, String)]) throws -> Conversation {
    Conversation(
      try turns.map { Conversation.Message(try #require(Conversation.Role(rawValue: $0)), $1) }
    )
  }

  /// A plain template, in which a letter is about a token.
  private static let plain =
    "{% for m in messages %}{{ '[' + m.role[0] + ']' + m.content + eos_token }}{% endfor %}"
    + "{% if add_generation_prompt %}[a]{% endif %}"

  @Test func tokensAndMasksAreThoseOfTransformers() throws {
    let file = try JSON(contentsOf: Fixture.path("chat/masks.json"))
    let chats = try (file["chats"]?.array ?? []).map { chat in
      try conversation(
        (chat.array ?? []).map { ($0.array?[0].string ?? "", $0.array?[1].string ?? "") }
      )
    }
    #expect(chats.count == 5)
    var compared = 0
    for (name, rows) in (file["templates"]?.members ?? []).map({ ($0.key, $0.value.array ?? []) }) {
      let source = try Fixture.text(Fixture.path("chat/templates/\(name).jinja"))
      try Fixture.withFolder { folder in
        let windowing = try windowing(source, in: folder)
        for (index, (chat, row)) in zip(chats, rows).enumerated() {
          let documents = [Document.conversation(chat)]
          guard !row.isNull else {
            #expect(throws: DataError.self, "\(name) \(index)") {
              try windowing.windows(of: documents)
            }
            continue
          }
          let window = try windowing.windows(of: documents).windows[0]
          #expect(window.tokens == (row["ids"]?.array ?? []).compactMap(\.int), "\(name) \(index)")
          guard let mask = row["mask"]?.array?.compactMap(\.int) else { continue }
          let places = mask.indices.filter { mask[$0] == 1 && $0 > 0 }
          #expect(Array(window.counted.joined()) == places, "\(name) \(index)")
          compared += 1
        }
      }
    }
    #expect(compared > 35)
  }

  /// 200 conversations in every order of roles, with tools, thoughts, empty messages and text of many
  /// scripts: text, token ids and masks, by the beginning of their SHA-256.
  @Test func manyConversationsAreThoseOfTransformers() throws {
    let file = try JSON(contentsOf: Fixture.path("chat/many.json"))
    let reading = ConversationReading(.messages, in: "many.json", arePrompts: true)
    let chats = try (file["conversations"]?.array ?? []).map {
      try reading.conversation(JSON.Record(value: $0, line: 1))
    }
    #expect(chats.count == 200)
    func digest(_ text: String) -> String { String(SHA256.hex(text).prefix(12)) }
    func digest(_ numbers: [Int]) -> String {
      digest(numbers.map(String.init).joined(separator: ","))
    }
    var (texts, masks) = (0, 0)
    for (name, rows) in (file["templates"]?.members ?? []).map({ ($0.key, $0.value.array ?? []) }) {
      #expect(rows.count == chats.count)
      let source = try Fixture.text(Fixture.path("chat/templates/\(name).jinja"))
      try Fixture.withFolder { folder in
        let windowing = try windowing(source, in: folder)
        let (template, rules) = try #require(windowing.chat)
        for (index, (chat, row)) in zip(chats, rows).enumerated() {
          func text() throws -> String {
            try template.render(chat.messages, tools: chat.tools, prompting: false).text
          }
          guard let expected = row.array else {
            #expect(throws: FileError.self, "\(name) \(index)") { try text() }
            continue
          }
          #expect(try digest(text()) == expected[0].string, "\(name) \(index)")
          texts += 1
          guard let mask = expected[2].string else { continue }
          let window = try windowing.window(of: chat, by: template, rules)
          #expect(digest(window.tokens) == expected[1].string, "\(name) \(index)")
          #expect(digest(Array(window.counted.joined())) == mask, "\(name) \(index)")
          masks += 1
        }
      }
    }
    #expect(texts > 1500 && masks > 1200, "\(texts) texts, \(masks) masks")
  }

  /// Qwen 3 takes the thoughts out of earlier turns, so the text up to a turn is not how the whole begins.
  @Test func turnsThatAreWrittenOtherwiseLaterAreFound() throws {
    let source = try Fixture.text(Fixture.path("chat/templates/qwen3.jinja"))
    let chat = try conversation([
      ("user", "x"), ("assistant", "<think>\nhm\n</think>\n\nyes"), ("user", "y"),
      ("assistant", "no"),
    ])
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(source.utf8), to: "\(folder)/chat_template.jinja")
      let text = try ChatTemplate(in: directory(folder)).text(of: chat)
      let bytes = Array(text.text.utf8)
      let answers = text.answers.map { String(decoding: bytes[$0.start..<$0.end], as: UTF8.self) }
      #expect(answers == ["yes<|im_end|>\n", "<think>\n\n</think>\n\nno<|im_end|>\n"])
    }
  }

  /// A call of a tool may have no text beside it.
  @Test func callsWithoutTextAreFound() throws {
    let source = """
      {% for m in messages %}{{ m.role }}:{{ m.content }}{% for call in m.tool_calls %}[{{ call.name }}]\
      {% endfor %}{{ '!' if loop.last else '.' }}
      {% endfor %}{% if add_generation_prompt %}assistant:{% endif %}
      """
    let chat = Conversation([
      Conversation.Message(.user, "x"),
      Conversation.Message(.assistant, [JSON.Member(key: "tool_calls", value: [["name": "f"]])]),
      Conversation.Message(.user, "y"), Conversation.Message(.assistant, "no"),
    ])
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(source.utf8), to: "\(folder)/chat_template.jinja")
      let text = try ChatTemplate(in: directory(folder)).text(of: chat)
      let bytes = Array(text.text.utf8)
      let answers = text.answers.map { String(decoding: bytes[$0.start..<$0.end], as: UTF8.self) }
      #expect(answers.first == "[f]" && answers.last?.hasPrefix("no!") == true, "\(answers)")
    }
  }

  @Test func longConversationsAreCutOrLeftOut() throws {
    let short = try conversation([("user", "a"), ("assistant", "b")])
    let long = try conversation([("user", "abc def ghi"), ("assistant", "jkl mno pqr stu")])
    let documents = [short, long, short].map(Document.conversation)
    try Fixture.withFolder { folder in
      let all = try windowing(Self.plain, in: folder).windows(of: documents)
      #expect(all.windows.count == 3 && all.note == "whole conversations, loss on answers")
      let most = all.windows[1].tokens.count - 2
      var rules = ConversationRules()
      let cut = try windowing(Self.plain, rules, { $0.length = most }, in: folder)
        .windows(of: documents)
      #expect(
        cut.windows.map(\.tokens.count) == [
          all.windows[0].tokens.count, most, all.windows[2].tokens.count,
        ]
      )
      #expect(cut.windows[1].tokens == Array(all.windows[1].tokens.prefix(most)))
      #expect(cut.windows[1].targetCount == all.windows[1].targetCount - 2)
      #expect(cut.note == "length \(most), loss on answers, 1 of 3 cut")
      rules.excess = .drop
      let dropped = try windowing(Self.plain, rules, { $0.length = most }, in: folder)
        .windows(of: documents)
      #expect(dropped.windows == [all.windows[0], all.windows[2]])
      #expect(dropped.note == "length \(most), loss on answers, 1 of 3 too long and left out")
      // Nothing is left of an answer that begins after the end.
      let silent = try windowing(Self.plain, ConversationRules(), { $0.length = 4 }, in: folder)
      #expect(throws: DataError.self) { try silent.windows(of: [.conversation(long)]) }
      #expect(throws: DataError.self) {
        try windowing(Self.plain, rules, in: folder).windows(of: [.conversation(short)])
      }
      rules.excess = .cut
      rules.loss = .all
      let whole = try windowing(Self.plain, rules, in: folder).windows(of: [.conversation(short)])
      #expect(whole.windows == [TokenWindow(all.windows[0].tokens)])
    }
  }

  @Test func packingFillsWindowsInOrder() throws {
    let chats = try ["a", "bb cc dd ee", "c", "dd ee ff gg", "e"].map {
      try conversation([("user", "q"), ("assistant", $0)])
    }
    try Fixture.withFolder { folder in
      let alone = try windowing(Self.plain, in: folder).windows(
        of: chats.map(Document.conversation)
      )
      .windows
      let length = alone[1].tokens.count + alone[0].tokens.count
      var rules = ConversationRules()
      rules.packs = true
      let packed = try windowing(Self.plain, rules, { $0.length = length }, in: folder)
        .windows(of: chats.map(Document.conversation))
      #expect(packed.windows.allSatisfy { $0.tokens.count <= length })
      #expect(packed.windows[0] == TokenWindow(packing: [alone[0], alone[1]]))
      #expect(packed.targetCount == alone.reduce(0) { $0 + $1.targetCount })
      #expect(packed.windows.reduce(0) { $0 + max(1, $1.texts.count) } == 5)
      #expect(packed.note == "length \(length), packed, loss on answers")
      let one = try windowing(
        Self.plain,
        rules,
        {
          $0.length = length; $0.samples = 1
        },
        in: folder
      )
      .windows(of: chats.map(Document.conversation))
      #expect(one.windows == [packed.windows[0]])
    }
  }

  @Test func settingsThatHaveNoMeaningAreRefused() throws {
    let chat = [Document.conversation(try conversation([("user", "a"), ("assistant", "b")]))]
    try Fixture.withFolder { folder in
      for set: (inout WindowSettings) -> Void in [
        { $0.bos = .every }, { $0.stride = 2 }, { $0.join = " " },
        { $0.windows = .random }, { $0.samples = 2 },
      ] {
        #expect(throws: DataError.self) {
          try windowing(Self.plain, ConversationRules(), set, in: folder).windows(of: chat)
        }
      }
      var rules = ConversationRules()
      rules.packs = true
      let error = #expect(throws: DataError.self) {
        try windowing(Self.plain, rules, in: folder).windows(of: chat)
      }
      #expect(error?.description.contains("so their `length` is needed") == true)
      #expect(throws: DataError.self) {
        try windowing(Self.plain, in: folder).windows(of: chat + [.text("a")])
      }
    }
  }

  @Test func templatesAreFoundAsTransformersFindsThem() throws {
    try Fixture.withFolder { folder in
      func write(_ text: String, _ name: String) throws {
        try FileSystem.makeDirectory("\(folder)/additional_chat_templates")
        try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)")
      }
      func given(_ path: String? = nil, tools: JSON? = nil) throws -> String {
        try ChatTemplate(in: directory(folder), at: path)
          .render([Conversation.Message(.user, "u")], tools: tools, prompting: false).text
      }
      let none = #expect(throws: FileError.self) { try given() }
      #expect(none?.description.contains("has no chat template") == true)
      try write(#"{"chat_template": "one"}"#, "tokenizer_config.json")
      #expect(try given() == "one")
      try write(
        #"{"chat_template": [{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t"}]}"#,
        "tokenizer_config.json"
      )
      #expect(try given() == "d")
      #expect(try given(tools: [.null]) == "t")
      try write(#"{"chat_template": [{"name": "rag", "template": "d"}]}"#, "tokenizer_config.json")
      let unnamed = #expect(throws: FileError.self) { try given() }
      #expect(unnamed?.description.contains("the templates rag") == true)
      try write("file {{ messages[0].content }}", "chat_template.jinja")
      #expect(try given() == "file u")
      try write("own", "own.jinja")
      #expect(try given("\(folder)/own.jinja") == "own")
      try write("{{ strftime_now('%Y') }}", "chat_template.jinja")
      let timeless = #expect(throws: FileError.self) { try given() }
      #expect(timeless?.description.contains("say which day it is: `date") == true)
      try write("{{ raise_exception('no users') }}", "chat_template.jinja")
      let raised = #expect(throws: FileError.self) { try given() }
      #expect(raised?.description.contains("refuses the conversation: no users") == true)
      try write("\n{% oops %}", "chat_template.jinja")
      let wrong = #expect(throws: FileError.self) { try given() }
      #expect(
        wrong?.description.contains("line 2, column 4: the tag `oops` is not understood") == true
      )
    }
  }
}
