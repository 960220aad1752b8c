import BillhookCore
import Foundation
import Testing
import TestSupport

/// `billhook generate --prompts --out`, as a user calls it.
@Suite struct GeneratePromptsTests {
  private static let prompts = (0..<21).map { index in
    let question =
      #"{"role": "user", "content": "\#(String(repeating: "Who ran? ", count: 1 + index % 4))"}"#
    let answer = #"{"role": "assistant", "content": "old"}"#
    return index % 3 == 0
      ? #"{"prompt": "Once upon a time \#(index)"}"# : #"{"messages": [\#(question), \#(answer)]}"#
  }.joined(separator: "\n")

  private func generate(_ folder: String, _ arguments: String...) throws -> Billhook.Outcome {
    try generate(folder, ["--max-tokens", "6"] + arguments)
  }

  private func generate(
    _ folder: String,
    _ arguments: [String],
    sending signal: Int32? = nil,
    once isReady: @escaping () -> Bool = { true }
  ) throws -> Billhook.Outcome {
    try FileSystem.write(Array(Self.prompts.utf8), to: "\(folder)/prompts.jsonl")
    let all =
      [
        "generate", Fixture.tinyModel, "--prompts", "\(folder)/prompts.jsonl", "--template",
        "\(Fixture.repository)/Examples/Data/chat.jinja", "--quiet",
      ] + arguments
    guard let signal else { return try Billhook.run(all) }
    return try Billhook.run(all, sending: signal, when: isReady)
  }

  @Test func answersAreRowsThatDataReads() throws {
    try Fixture.withFolder { folder in
      let out = "\(folder)/answers.jsonl"
      let outcome = try generate(folder, "--out", out, "--batch", "2")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let rows = try TextReader.records(out)
      #expect(rows.count == 21)
      for (index, row) in rows.enumerated() {
        #expect(["stop", "length"].contains(row.value["finish_reason"]?.string))
        if index % 3 == 0 {
          #expect(row.value["messages"] == nil)
          #expect(row.value["prompt"]?.string == "Once upon a time \(index)")
          #expect(row.value["text"]?.string?.hasPrefix("Once upon a time \(index)") == true)
          continue
        }
        let messages = try #require(row.value["messages"]?.array)
        #expect(messages.compactMap { $0["role"]?.string } == ["user", "assistant"])
        let asked = try #require(messages[0]["content"]?.string)
        #expect(asked.hasPrefix("Who ran?"))
        #expect(messages[1]["content"]?.string != "old")
      }
      #expect(!FileSystem.exists("\(out).parts"))
      // A prompt alone is continued as it is by `generate` with one prompt.
      let alone = try Billhook.run([
        "generate", Fixture.tinyModel, "Once upon a time 0", "--max-tokens", "6", "--quiet",
      ])
      #expect(String(alone.output.dropLast()) == rows[0].value["text"]?.string)
      let again = try generate(folder, "--out", out, "--batch", "2")
      #expect(again.status != 0 && again.errors.contains("exists"))
    }
  }

  @Test func whatIsDrawnDependsOnThePromptAlone() throws {
    try Fixture.withFolder { folder in
      let texts = try ["1", "2", "7"].map { batch in
        let out = "\(folder)/\(batch).jsonl"
        let outcome = try generate(
          folder,
          "--out",
          out,
          "--batch",
          batch,
          "--temperature",
          "1.5",
          "--seed",
          "4",
          // Rows of a batch are rounded differently, which draws in bf16 would show.
          "--compute",
          "float32"
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try Fixture.text(out)
      }
      #expect(texts[1] == texts[0] && texts[2] == texts[0])
      _ = try generate(
        folder,
        "--out",
        "\(folder)/other.jsonl",
        "--temperature",
        "1.5",
        "--seed",
        "5"
      )
      #expect(try Fixture.text("\(folder)/other.jsonl") != texts[0])
    }
  }

  @Test func aCallThatWasStoppedGoesOnToTheSameBytes() throws {
    try Fixture.withFolder { folder in
      let whole = "\(folder)/whole.jsonl"
      let settings = ["--batch", "1", "--temperature", "1", "--max-tokens", "24"]
      #expect(try generate(folder, ["--out", whole] + settings).status == 0)
      let out = "\(folder)/out.jsonl"
      let stopped = try generate(folder, ["--out", out] + settings, sending: SIGINT) {
        FileSystem.exists("\(out).parts/0.jsonl")
      }
      #expect(stopped.status == 130, "\(stopped.errors)")
      #expect(!FileSystem.exists(out))
      // Another seed is another work.
      let other = try generate(folder, ["--out", out, "--seed", "9"] + settings)
      #expect(other.status != 0 && other.errors.contains("(other: seed)"), "\(other.errors)")
      let outcome = try generate(folder, ["--out", out] + settings)
      #expect(outcome.status == 0 && outcome.errors.contains("goes on: "), "\(outcome.errors)")
      #expect(try Fixture.text(out) == Fixture.text(whole))
      #expect(!FileSystem.exists("\(out).parts"))
      let place = "\(folder)/foreign.jsonl.parts"
      try FileSystem.makeDirectory(place)
      try FileSystem.write([], to: "\(place)/notes.txt")
      let foreign = try generate(folder, ["--out", "\(folder)/foreign.jsonl"] + settings)
      #expect(foreign.status != 0 && foreign.errors.contains("was not written by `generate`"))
    }
  }

  @Test func promptsThatCannotBeAnsweredAreNamed() throws {
    try Fixture.withFolder { folder in
      let template = "\(Fixture.repository)/Examples/Data/chat.jinja"
      let cases: [(rows: String, flags: [String], message: String)] = [
        ("", [], "there are no prompts"),
        (#"{"text": "a"}"#, [], "no chat template"),
        (#"{"prompt": "a"}"#, ["--max-tokens", "100000"], "line 1: the prompt has"),
        (
          #"{"prompt": "a"}"#, ["--date", "2026-12-x-31"],
          "--date must be a day, such as 2026-12-31"
        ),
        (
          #"{"messages": [{"role": "assistant", "content": "a"}]}"#, ["--template", template],
          "line 1: there is nothing to answer"
        ),
      ]
      for (rows, flags, message) in cases {
        try FileSystem.write(Array(rows.utf8), to: "\(folder)/p.jsonl")
        let outcome = try Billhook.run(
          [
            "generate", Fixture.tinyModel, "--prompts", "\(folder)/p.jsonl", "--out",
            "\(folder)/o.jsonl",
          ] + flags
        )
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(!FileSystem.exists("\(folder)/o.jsonl.parts"))
      }
    }
  }
}
