import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// Conversations as files have them, and what is wrong with some.
@Suite struct ConversationsTests {
  private func read(
    _ text: String,
    _ shape: ConversationReading.Shape? = nil
  ) throws -> [Conversation] {
    try Fixture.withFolder { folder in
      let path = "\(folder)/data.json"
      try FileSystem.write(Array(text.utf8), to: path)
      var source = Conversations()
      source.file = InputFile("data.json", at: path)
      source.shape = shape
      return try source.conversations(atMost: .max)
    }
  }

  @Test func rowsOfAllFormsBecomeMessages() throws {
    let expected = Conversation(
      [
        Conversation.Message(.system, "s"), Conversation.Message(.user, "u"),
        Conversation.Message(.assistant, "a"),
      ],
      line: 1
    )
    let messages =
      #"{"messages": [{"role": "system", "content": "s"}, {"content": "u", "role": "user"}, {"role": "assistant", "content": "a", "tool_calls": null}], "source": "x"}"#
    #expect(try read(messages) == [expected])
    let sharegpt =
      #"{"id": 1, "conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}]}"#
    #expect(try read(sharegpt) == [expected])
    let alpaca =
      #"[{"instruction": "u", "input": "more", "output": "a"}, {"instruction": "u", "output": "a"}]"#
    #expect(
      try read(alpaca).map(\.messages) == [
        [Conversation.Message(.user, "u\n\nmore"), Conversation.Message(.assistant, "a")],
        [Conversation.Message(.user, "u"), Conversation.Message(.assistant, "a")],
      ]
    )
    let both =
      #"{"messages": [{"role": "user", "content": "m"}], "instruction": "i", "output": "o"}"#
    #expect(try read(both, .alpaca)[0].messages[0] == Conversation.Message(.user, "i"))
    let tools = #"{"messages": [{"role": "user", "content": "m"}], "tools": [{"name": "f"}]}"#
    #expect(try read(tools)[0].tools == [["name": "f"]])
    let text =
      #"{"conversations": [{"from": "human", "value": "m"}], "tools": "[{\"name\": \"f\"}]"}"#
    #expect(try read(text)[0].tools == [["name": "f"]])
    let none = #"{"messages": [{"role": "user", "content": "m"}], "tools": []}"#
    #expect(try read(none)[0].tools == nil)
    #expect(try read("") == [])
  }

  @Test func whatStandsBesideTheMessagesCounts() throws {
    let expected = [
      Conversation.Message(.system, "s"), Conversation.Message(.user, "u"),
      Conversation.Message(.assistant, "a"), Conversation.Message(.user, "v"),
      Conversation.Message(.assistant, "b"),
    ]
    let rows = [
      #"{"system": "s", "conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}, {"from": "human", "value": "v"}, {"from": "gpt", "value": "b"}]}"#,
      #"{"system": "s", "conversations": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}, {"from": "human", "value": "v"}, {"from": "gpt", "value": "b"}]}"#,
      #"{"system": "s", "instruction": "v", "output": "b", "history": [["u", "a"]]}"#,
      #"{"system": "s", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "v"}, {"role": "assistant", "content": "b"}]}"#,
    ]
    for row in rows { #expect(try read(row)[0].messages == expected, "\(row)") }
  }

  @Test(
    arguments: [
      (
        #"{"system": "t", "messages": [{"role": "system", "content": "s"}]}"#,
        "line 1: has a `system` beside another one in its messages; leave one of them out"
      ),
      (
        #"{"instruction": "v", "output": "b", "history": [["u"]]}"#,
        "line 1: `history`: expected a pair of texts as turn 1, a question and its answer, found a list of 1"
      ),
      (
        #"{"messages": [{"role": "user", "content": "a"}], "tools": "none"}"#,
        "line 1: expected a list in `tools`, or its JSON as a text, found a string"
      ),
      (
        #"{"text": "a"}"#,
        "line 1: expected `messages`, `conversations`, or `instruction` with `output`; found `text`"
      ),
      (
        "3",
        "line 1: expected `messages`, `conversations`, or `instruction` with `output`; found a number"
      ),
      (
        #"{"messages": []}"#,
        "line 1: expected a list of messages in `messages`, found an empty list"
      ),
      (#"{"messages": "a"}"#, "line 1: expected a list of messages in `messages`, found a string"),
      (#"{"messages": [1]}"#, "line 1: message 1: expected an object with `role`, found a number"),
      (
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n{\"messages\": [{\"role\": \"bot\", \"content\": \"a\"}]}",
        "line 2: message 1: expected one of system, developer, user, assistant, tool in `role`, found \"bot\""
      ),
      (#"{"messages": [{"role": "user"}]}"#, "line 1: message 1: has no `content`"),
      (#"{"messages": [{"role": "assistant"}]}"#, "line 1: message 1: has no `content`"),
      (
        #"{"messages": [{"role": "user", "content": 1}]}"#,
        "line 1: message 1: expected text in `content`, found a number"
      ),
      (
        #"{"messages": [{"role": "user", "content": "a"}], "tools": 1}"#,
        "line 1: expected a list in `tools`, or its JSON as a text, found a number"
      ),
      (
        #"{"conversations": [{"from": "martian", "value": "a"}]}"#,
        "expected one of assistant, bot, chatgpt, gpt, human, model, observation, system, tool, user, function_response in `from`, found \"martian\""
      ),
      (
        #"{"conversations": [{"from": "gpt"}]}"#,
        "line 1: message 1: expected text in `value`, found nothing"
      ),
      (
        #"{"instruction": "a", "output": null}"#,
        "line 1: expected text in the field `output`, found null"
      ),
      ("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n{\"messages\":", "line 2"),
    ]
  )
  func faultyRowsAreNamed(text: String, message: String) {
    let error = #expect(throws: DataError.self) { try read(text) }
    let found = error.map { "\($0)" } ?? ""
    // The speakers are sorted.
    let expected = message.replacing(
      "assistant, bot, chatgpt, gpt, human, model, observation, system, tool, user, function_response",
      with:
        "assistant, bot, chatgpt, function_response, gpt, human, model, observation, system, tool, user"
    )
    #expect(found.contains(expected), "\(found)")
  }

  @Test func rulesAreThoseOfTheSettings() throws {
    var source = Conversations()
    #expect(source.rules == ConversationRules())
    source.loss = .all
    source.excess = .drop
    source.packing = true
    source.template = InputFile("t.jinja", at: "/t.jinja")
    source.date = "2024-02-29"
    #expect(source.rules.time == JinjaTime(year: 2024, month: 2, day: 29))
    #expect(source.rules.packs && source.rules.loss == .all && source.rules.excess == .drop)
    #expect(source.rules.template == "/t.jinja")
    try source.validate()
    for wrong in ["2023-02-29", "today", "2023-2-9", "2023-02", "20230-1-01", ""] {
      source.date = wrong
      #expect(throws: ParameterProblem.self) { try source.validate() }
    }
  }
}
