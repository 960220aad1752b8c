import BillhookCore
import BillhookEngine
import BillhookFiles
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct JSONLinesTests {
  private func documents(_ text: String, field: String = "text") throws -> [Document] {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(text.utf8), to: "\(folder)/data.jsonl")
      var source = JSONLines()
      source.file = InputFile("data.jsonl", at: "\(folder)/data.jsonl")
      source.field = field
      return try source.documents()
    }
  }

  @Test func eachLineIsADocument() throws {
    let text = "{\"text\": \"one\\ntwo\"}\r\n\n{\"id\": 3, \"text\": \"drei é\"}\n{\"text\": \"\"}"
    #expect(try documents(text) == [.text("one\ntwo"), .text("drei é")])
    #expect(try documents("{\"body\": \"x\"}", field: "body") == [.text("x")])
  }

  @Test func faultyLinesAreNamed() {
    func message(_ text: String) -> String {
      let error = #expect(throws: DataError.self) { try documents(text) }
      return error.map { "\($0)" } ?? ""
    }
    #expect(
      message("{\"body\": \"b\", \"id\": 1}\n{\"body\": \"c\"}")
        .hasSuffix("line 1: has no field `text`; it has `body`, `id`")
    )
    #expect(message("{\"text\": \"a\"}\n{\"text\"").contains("line 2, column 8: "))
    #expect(
      message("[1]").hasSuffix("line 1: expected an object with the field `text`, found a number")
    )
    #expect(
      message("{\"text\": 1}").hasSuffix(
        "line 1: expected text in the field `text`, found a number"
      )
    )
  }

  @Test func theFieldIsLookedForInTheFirstObjects() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("\n{\"text\": \"a\"}\n".utf8), to: "\(folder)/data.jsonl")
      var source = JSONLines()
      source.file = InputFile("\(folder)/data.jsonl")
      try source.check()
      source.field = "body"
      #expect(throws: DataError.self) { try source.check() }
    }
  }
}
