import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import Testing
import TestSupport

/// What a load asks for, and what it takes of memory, against numbers worked out by hand.
@Suite struct GenerationLoadTests {
  @Test func isCountedInTokens() {
    let load = GenerationLoad(batch: 8, prompt: 12, output: 128)
    #expect(load.length == 140)
    #expect("\(load)" == "8x12+128")
    #expect(
      GenerationLoad(batch: 0, prompt: -1, output: 0)
        == GenerationLoad(batch: 1, prompt: 1, output: 1)
    )
  }

  @Test func textsAreNotLongerThanTheModelAllows() throws {
    let model = try LanguageModel(opening: Fixture.tinyModel)
    try GenerationLoad(batch: 1, prompt: 200, output: 56).check(model)
    let error = #expect(throws: DataError.self) {
      try GenerationLoad(batch: 1, prompt: 200, output: 57).check(model)
    }
    #expect(
      error?.description
        == "200 tokens and 57 more are 257, and the model was made for at most 256; "
        + "ask for shorter texts"
    )
  }

  /// The model: 4 blocks, hidden size 32, 48 queries, 24 keys, an MLP of 56 channels, 61 tokens.
  @Test func memoryIsWeightsKeysAndTheWidestStep() throws {
    let model = try Golden("llama-gqa").model
    let load = GenerationLoad(batch: 3, prompt: 10, output: 6)
    let keys = 3 * 16 * 4 * 2 * 24
    // The queries and what rotating them takes is more than the MLP: 5·48 beside 2·32.
    let states = 3 * 10 * (5 * 48 + 2 * 32)
    #expect(load.memory(of: model, dtype: .float32) == 4 * (model.parameterCount + keys + states))
    // Keys stay in f32.
    #expect(
      load.memory(of: model, dtype: .bfloat16) == 2 * (model.parameterCount + states) + 4 * keys
    )
    // A single token, where the logits are more.
    let one = GenerationLoad(batch: 1, prompt: 1, output: 1)
    let rest = 4 * 2 * 2 * 4 * 24
    #expect(
      one.memory(of: model, dtype: .float32) == 4 * model.parameterCount + rest
        + max(4 * (5 * 48 + 2 * 32), 61 * 8)
    )
  }
}
