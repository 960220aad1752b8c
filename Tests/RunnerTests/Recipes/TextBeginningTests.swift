import BillhookCore
import TestSupport
import Testing

/// One rule for the token that begins a text: what the tokenizer adds, in data and in `generate`.
@Suite struct TextBeginningTests {
  /// Copies the example model, with the edits that a test makes of two of its files.
  private func copy(
    into folder: String,
    configuration: (inout JSONText) -> Void = { _ in },
    tokenizer: (inout JSONText) -> Void = { _ in },
    named: String = "<s>"
  ) throws {
    let source = "\(Fixture.repository)/Examples/Models/tiny"
    try FileSystem.makeDirectory(folder)
    for file in try FileSystem.names(in: source) {
      var bytes = try FileSystem.read("\(source)/\(file)")
      if file == "config.json" || file == "tokenizer.json" {
        var text = try JSONText(bytes)
        if file == "config.json" { configuration(&text) } else { tokenizer(&text) }
        bytes = text.bytes
      }
      if file == "tokenizer_config.json" {
        bytes = Array(#"{"bos_token": "\#(named)", "eos_token": "</s>"}"#.utf8)
      }
      try FileSystem.write(bytes, to: "\(folder)/\(file)")
    }
  }

  private func outcome(_ command: String, in folder: String, data: String = "") throws
    -> Billhook.Outcome
  {
    let text = "Once upon a time there was a small dog. It lived in a house.\n"
    let recipe = """
      model "model"
      data tales = text "tales.txt" { length = 16\(data) }
      evaluate perplexity on tales
      """
    try FileSystem.write(Array(String(repeating: text, count: 9).utf8), to: "\(folder)/tales.txt")
    try FileSystem.write(Array(recipe.utf8), to: "\(folder)/a.recipe")
    return try Billhook.call([command, "\(folder)/a.recipe"])
  }

  /// The perplexity that a report names.
  private func perplexity(in folder: String, data: String = "") throws -> String {
    let outcome = try outcome("run", in: folder, data: data)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let row = outcome.output.split(separator: "\n").first { $0.hasPrefix("as opened") }
    return String(try #require(row))
  }

  @Test func theTokenizerCountsAndADifferenceIsSaid() throws {
    try Fixture.withFolder { folder in
      try copy(into: "\(folder)/model")
      let agreeing = try outcome("check", in: folder)
      #expect(agreeing.output.contains("BOS first"))
      #expect(!agreeing.errors.contains("bos_token_id"))
      let usual = try Billhook.call(["generate", "\(folder)/model", "Once", "--max-tokens", "8"])

      try FileSystem.remove("\(folder)/model")
      try copy(into: "\(folder)/model", configuration: { $0.set("bos_token_id", to: 1) })
      let message =
        "the tokenizer begins a text with <s> (0), bos_token_id of config.json is </s> (1); the "
        + "tokenizer's counts"
      let differing = try outcome("check", in: folder)
      #expect(differing.status == 0)
      #expect(differing.errors.contains(message), "\(differing.errors)")
      let other = try Billhook.call(["generate", "\(folder)/model", "Once", "--max-tokens", "8"])
      #expect(other.output == usual.output)
      #expect(other.errors.contains("note: \(message)"))
      let inspected = try Billhook.call(["inspect", "\(folder)/model"])
      #expect(inspected.output.contains(message))
    }
  }

  @Test func aPromptWithoutAnyTokenCannotBeContinued() throws {
    try Fixture.withFolder { folder in
      try copy(
        into: "\(folder)/model",
        configuration: { $0.set("bos_token_id", to: .null) },
        tokenizer: { $0.set("post_processor", to: .null) }
      )
      try? FileSystem.remove("\(folder)/model/tokenizer_config.json")
      let message = "the prompt has no token, and the model has none that begins a text"
      let alone = try Billhook.call(["generate", "\(folder)/model"])
      #expect(alone.status != 0 && alone.errors.contains("error: \(message)"), "\(alone.errors)")
      let several = try Billhook.call(["generate", "\(folder)/model", "Once", ""])
      #expect(several.errors.contains("error: prompt 2: \(message)"), "\(several.errors)")
      let file = "\(folder)/prompts.jsonl"
      try FileSystem.write(Array("{\"prompt\": \"Once\"}\n{\"prompt\": \"\"}\n".utf8), to: file)
      let read = try Billhook.call(
        ["generate", "\(folder)/model", "--prompts", file, "--out", "\(folder)/out.jsonl"]
      )
      #expect(read.errors.contains("error: \(file): line 2: \(message)"), "\(read.errors)")
    }
  }

  @Test func calibrationBeginsAsTheTokenizerDoes() throws {
    try Fixture.withFolder { folder in
      try copy(into: "\(folder)/model")
      let usual = try perplexity(in: folder)
      #expect(!usual.isEmpty)
      try FileSystem.remove("\(folder)/model")
      try copy(into: "\(folder)/model", configuration: { $0.set("bos_token_id", to: 1) })
      #expect(try perplexity(in: folder) == usual)
    }
  }

  @Test func whereTheTokenizerAddsNothingATextBeginsWithNothing() throws {
    try Fixture.withFolder { folder in
      try copy(into: "\(folder)/model", tokenizer: { $0.set("post_processor", to: .null) })
      #expect(try outcome("check", in: folder).output.contains("BOS none"))
      let unset = try perplexity(in: folder)
      #expect(try perplexity(in: folder, data: ", bos = none") == unset)
      let first = try perplexity(in: folder, data: ", bos = first")
      #expect(first != unset)

      // What is asked for is what the tokenizer's own settings name.
      try FileSystem.remove("\(folder)/model")
      try copy(
        into: "\(folder)/model",
        configuration: { $0.set("bos_token_id", to: 1) },
        tokenizer: { $0.set("post_processor", to: .null) }
      )
      #expect(try perplexity(in: folder, data: ", bos = first") == first)
    }
  }
}
