import BillhookCore
import Testing
import TestSupport

@testable import BillhookRunner

/// What calls of `generate --prompts` leave when they are killed.
@Suite struct AnswerPartsTests {
  /// At every moment at which a call can be killed, the next one ends with the same file and nothing else.
  @Test func whatAKilledCallLeftIsTakenUpOrClearedUp() throws {
    try Fixture.withFolder { folder in
      let (out, parts) = ("\(folder)/answers.jsonl", "\(folder)/answers.jsonl.parts")
      let key: JSON = ["seed": "4"]
      func join(_ starts: [Int] = [0, 2]) throws {
        let work = try AnswerParts(out, key: key)
        #expect(!work.isDone)
        for start in starts where !work.has(start) { try work.write(["\(start)\n"], at: start) }
        try work.join(starts)
      }
      // Before the folder says whose it is.
      try FileSystem.makeDirectory(parts)
      try FileSystem.write([], to: "\(parts)/generate.json.billhook-partial")
      try join()
      #expect(try Fixture.text(out) == "0\n2\n" && !FileSystem.exists(parts))
      #expect(throws: DataError.self) { try AnswerParts(out, key: key) }
      // After the file was made: with some of its parts, with the note alone, and with nothing.
      try FileSystem.rename(out, to: "\(folder)/whole")
      let work = try AnswerParts(out, key: key)
      for start in [0, 2] { try work.write(["\(start)\n"], at: start) }
      try FileSystem.write(Array("mine".utf8), to: "\(parts)/notes.txt")
      try work.join([0, 2])
      #expect(try FileSystem.names(in: parts) == ["notes.txt"])
      try FileSystem.remove(parts)
      let note: JSON = ["key": key, "whole": .string(try Checksum(ofFile: out).hex)]
      for left in [["2.jsonl", "8.jsonl.billhook-partial"], []] {
        try FileSystem.makeDirectory(parts)
        for name in left { try FileSystem.write([], to: "\(parts)/\(name)") }
        try FileSystem.write(Array(note.text(indent: 2).utf8), to: "\(parts)/generate.json")
        #expect(try AnswerParts(out, key: key).isDone)
        #expect(!FileSystem.exists(parts) && FileSystem.exists(out))
      }
      try FileSystem.makeDirectory(parts)
      #expect(throws: DataError.self) { try AnswerParts(out, key: key) }
      #expect(!FileSystem.exists(parts))
      // While a call runs, no other one writes there.
      try FileSystem.rename(out, to: "\(folder)/done")
      let first = try AnswerParts(out, key: key)
      let error = #expect(throws: DataError.self) { try AnswerParts(out, key: key) }
      #expect(error?.description.contains("another call is writing") == true)
      withExtendedLifetime(first) {}
      try FileSystem.rename("\(folder)/done", to: out)
      try FileSystem.remove(parts)
      // A file that is another one is nobody's to take for done, nor are the parts.
      try FileSystem.makeDirectory(parts)
      try FileSystem.write(Array(note.text(indent: 2).utf8), to: "\(parts)/generate.json")
      try FileSystem.write(Array("other".utf8), to: out)
      #expect(throws: DataError.self) { try AnswerParts(out, key: key) }
      #expect(FileSystem.exists(parts))
    }
  }

  /// Templates in folders of the model's are a part of it.
  @Test func aModelIsKnownByItsTemplatesToo() throws {
    try Fixture.withFolder { folder in
      func identity() throws -> JSON { try AnswerParts.identity(ofModelAt: folder) }
      try FileSystem.write(Array("{}".utf8), to: "\(folder)/config.json")
      let bare = try identity()
      try FileSystem.makeDirectory("\(folder)/additional_chat_templates")
      #expect(try identity() == bare)
      let tools = "\(folder)/additional_chat_templates/tool_use.jinja"
      try FileSystem.write(Array("a".utf8), to: tools)
      let first = try identity()
      try FileSystem.write(Array("b".utf8), to: tools)
      #expect(try first != bare && first != identity())
      // What is not read is no part of it.
      let second = try identity()
      try FileSystem.write(Array("# Notes".utf8), to: "\(folder)/README.md")
      #expect(try identity() == second)
    }
  }
}
