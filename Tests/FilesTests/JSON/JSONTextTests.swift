import Testing

@testable import BillhookFiles

@Suite struct JSONTextTests {
  private func edited(_ text: String, _ edit: (inout JSONText) -> Void) throws -> String {
    var document = try JSONText(text.utf8)
    #expect(document.bytes == Array(text.utf8))
    edit(&document)
    _ = try JSON(parsing: document.bytes)
    return String(decoding: document.bytes, as: UTF8.self)
  }

  @Test func replacesOnlyTheValue() throws {
    let text = "{\n  \"a\" :  1.50,\n\t\"layers\": 12 ,\n  \"eps\": 1e-05\n}\n"
    #expect(
      try edited(text) { $0.set("layers", to: 9) }
        == "{\n  \"a\" :  1.50,\n\t\"layers\": 9 ,\n  \"eps\": 1e-05\n}\n"
    )
  }

  @Test func replacesByTheNameWithoutItsEscapes() throws {
    #expect(try edited(#"{"\u0061": 1}"#) { $0.set("a", to: 2) } == #"{"\u0061": 2}"#)
  }

  @Test func appendsInTheStyleOfTheFile() throws {
    #expect(
      try edited("{\n    \"a\": 1\n}\n") { $0.set("b", to: ["x", ["y": 1]]) }
        == """
        {
            "a": 1,
            "b": [
                "x",
                {
                    "y": 1
                }
            ]
        }

        """
    )
    #expect(
      try edited("{\r\n\t\"a\": 1\r\n}") { $0.set("b", to: [2]) }
        == "{\r\n\t\"a\": 1,\r\n\t\"b\": [\r\n\t\t2\r\n\t]\r\n}"
    )
    #expect(try edited(#"{"a": 1}"#) { $0.set("b", to: [2, 3]) } == #"{"a": 1, "b": [2, 3]}"#)
    #expect(try edited(#"{"a":1}"#) { $0.set("b", to: 2) } == #"{"a":1,"b":2}"#)
    #expect(try edited(#"{ "a": 1 }"#) { $0.set("b", to: 2) } == #"{ "a": 1, "b": 2 }"#)
    #expect(
      try edited("{ \n }\n") {
        $0.set("a", to: 1)
        $0.set("b", to: 2)
      } == "{\n  \"a\": 1,\n  \"b\": 2\n}\n"
    )
  }

  @Test func keepsAListOnItsLine() throws {
    #expect(
      try edited("{\n  \"ids\": [1, 2],\n  \"x\": [\n    1\n  ]\n}") {
        $0.set("ids", to: [3])
        $0.set("x", to: [4, 5])
      } == "{\n  \"ids\": [3],\n  \"x\": [\n    4,\n    5\n  ]\n}"
    )
  }

  @Test func removesMembersWithTheirCommas() throws {
    let text = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n"
    #expect(try edited(text) { $0.remove("a") } == "{\n  \"b\": 2,\n  \"c\": 3\n}\n")
    #expect(try edited(text) { $0.remove("b") } == "{\n  \"a\": 1,\n  \"c\": 3\n}\n")
    #expect(try edited(text) { $0.remove("c") } == "{\n  \"a\": 1,\n  \"b\": 2\n}\n")
    #expect(try edited(text) { $0.remove("d") } == text)
    let empty = try edited(text) { document in
      for key in document.keys { document.remove(key) }
    }
    #expect(empty == "{\n}\n")
  }

  @Test func refusesWhatIsNoObject() {
    #expect(throws: JSONError.self) { try JSONText("[1]".utf8) }
    #expect(throws: JSONError.self) { try JSONText("{} {}".utf8) }
    #expect(throws: JSONError.self) { try JSONText(#"{"a": 1, "a": 2}"#.utf8) }
    #expect(throws: JSONError.self) { try JSONText("{".utf8) }
  }
}
