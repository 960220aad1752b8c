import BillhookCore
import Testing
import TestSupport

/// A recipe on an image model: its text model is pruned, trained and saved inside of it.
@Suite struct ImageModelTests {
  @Test(arguments: ["gemma3", "ministral3"])
  func isPrunedTrainedAndSaved(name: String) throws {
    try Fixture.withFolder { folder in
      let lines = (0..<8).map { line in
        (0..<12).map { String(3 + (7 * line + 5 * $0) % 36) }.joined(separator: " ")
      }
      try FileSystem.write(
        Array((lines.joined(separator: "\n") + "\n").utf8),
        to: "\(folder)/windows.txt"
      )
      let source = Fixture.path("towers/\(name)")
      let recipe = """
        model "\(source)"
        data words = tokens "windows.txt"

        prune [attention_head, mlp_channel] on words { by taylor, remove 50% }
        prune block { remove [1] }
        recover lora on words { rank = 2, steps = 3, learning_rate = 1e-3 }
        evaluate perplexity on words
        save "saved"
        """
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/image.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/image.recipe"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let (whole, saved) = (
        try LanguageModel(opening: source), try LanguageModel(opening: "\(folder)/saved")
      )
      #expect(saved.configuration.imageModel == whole.configuration.imageModel)
      #expect(saved.blocks.count == 4)
      #expect(saved.blocks.allSatisfy { $0.attention?.keyValueHeads == 1 && $0.mlp?.width == 12 })
      #expect(try whole.firstCarried(missingIn: saved) == nil)
    }
  }

  @Test func cannotBeMadeAnew() throws {
    let config = Fixture.path("towers/gemma3/config.json")
    let error = #expect(throws: FileError.self) {
      try LanguageModel(new: config, seed: RandomSeed(1))
    }
    #expect(error?.description.contains("a new Gemma3ForConditionalGeneration cannot be") == true)
  }
}
