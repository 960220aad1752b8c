import BillhookFiles
import BillhookRecipe
import TestSupport
import Testing

/// Amounts of memory of a model in the blocks of a GGUF file.
@Suite struct MemoryOfBlocksTests {
  private func messages(_ steps: String) throws -> [String] {
    let recipe = """
      model "\(Fixture.path("gguf/llama-q8_0.gguf"))"
      \(steps)
      save huggingface "out"
      """
    return try Fixture.withFolder { folder in
      try FileSystem.write(Array("1 2 3 4\n5 6 7 8\n".utf8), to: "\(folder)/c.tokens")
      return try CheckedRecipe(recipe, named: "a.recipe", folder: folder, isRun: false).diagnostics
        .filter { $0.code.hasPrefix("E") }
        .map { "\($0.code) \($0.message)" }
    }
  }

  private static let amount = "remove 30% of memory { context = 0 }"

  @Test func blocksThatNothingChangedAreCounted() throws {
    let cut = "prune block { by magnitude, \(Self.amount) }"
    #expect(try messages(cut).isEmpty)
    #expect(try messages("\(cut)\nprune weight { by magnitude, remove 50% }").isEmpty)
    // Removals change no numbers.
    let twice = "prune mlp_channel { by magnitude, remove 8 }\n\(cut)"
    #expect(try messages(twice).isEmpty)
    // A change in a branch ends with it.
    let branch = """
      branch "a" {
        prune weight { by magnitude, remove 50% }
        save huggingface "a"
      }
      """
    #expect(try messages("\(branch)\n\(cut)").isEmpty)
  }

  private static func problem(after keyword: String) -> String {
    "E0303 `\(amount)` counts the bytes of a model that was opened from q8_0, and what `\(keyword)` "
      + "changes is f32 from then on; ask for it before, or for parameters"
  }

  @Test func whatIsChangedIsNoBlock() throws {
    let steps = """
      prune weight { by magnitude, remove 50% }
      prune block { by magnitude, \(Self.amount) }
      """
    #expect(try messages(steps) == [Self.problem(after: "prune")])
    #expect(
      try messages(steps.replacing(Self.amount, with: "remove 30% of parameters")).isEmpty
    )
    let repaired = """
      data c = tokens "c.tokens" { length = 4 }
      prune mlp_channel on c { by magnitude, \(Self.amount), repair bias_compensation }
      """
    #expect(try messages(repaired) == [Self.problem(after: "repair")])
  }
}
