import Testing
import TestSupport

/// `billhook generate`, as a user calls it.
@Suite struct GenerateTests {
  private func generate(_ arguments: String...) throws -> Billhook.Outcome {
    try Billhook.call(["generate", Fixture.tinyModel] + arguments)
  }

  @Test func goesOnWithAPrompt() throws {
    let outcome = try generate("Once upon a time", "--max-tokens", "12")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("Once upon a time"))
    #expect(outcome.output.count > "Once upon a time".count + 12)
    #expect(outcome.errors.contains("12 new tokens"))
    #expect(try generate("Once upon a time", "--max-tokens", "12").output == outcome.output)
  }

  @Test func promptsOfABatchArePrintedOneAfterTheOther() throws {
    let both = try generate("Once upon", "Long ago, a", "--max-tokens", "5")
    let alone = try ["Once upon", "Long ago, a"].map { try generate($0, "--max-tokens", "5") }
    #expect(both.output == alone[0].output + "\n" + alone[1].output)
  }

  @Test func aSeedDecidesWhatIsDrawn() throws {
    let drawn = try ["1", "1", "2"].map { seed in
      try generate("Once", "--temperature", "3", "--max-tokens", "20", "--seed", seed).output
    }
    #expect(drawn[0] == drawn[1])
    #expect(drawn[0] != drawn[2])
  }

  @Test func withoutAPromptItStartsAtTheBeginning() throws {
    let outcome = try generate("--max-tokens", "3", "--quiet")
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("<"))
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: [
    ["--max-tokens", "0"], ["--max-tokens", "9223372036854775807"], ["--temperature", "-1"],
    ["--top-k", "3"], ["--compute", "int8"],
    ["--temperature", "1", "--top-p", "1.5"], ["--min-tokens", "200"],
  ])
  func settingsThatCannotBe(arguments: [String]) throws {
    let outcome = try Billhook.call(["generate", Fixture.tinyModel] + arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(arguments[arguments.count - 2]))
  }

  @Test func aModelWithoutATokenizerIsNamed() throws {
    let outcome = try Billhook.call(["generate", Fixture.path("models/gemma3"), "a"])
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("tokenizer.json"))
  }
}
