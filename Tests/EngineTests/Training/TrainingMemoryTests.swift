import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import TestSupport
import Testing

/// The estimates of trainings against numbers worked out by hand.
///
/// The model: 4 blocks of 10,048 parameters in f32, hidden size 32, 48 queries, 24 keys, an MLP of
/// 56 channels, 61 tokens, 44,128 parameters in all.
@Suite struct TrainingMemoryTests {
  private func memory(_ recovery: some TrainingRecovery) throws -> TrainingMemory {
    try recovery.memory(of: Golden("llama-gqa").model, window: 10, dtype: .float32)
  }

  @Test func trainedInFull() throws {
    var cpt = ContinuedPretraining()
    cpt.training.batch = 4
    cpt.training.activations = .keep
    let found = try memory(cpt)
    let count = try Golden("llama-gqa").model.parameterCount
    #expect(found.trained == 12 * count && found.gradients == 4 * count)
    // A token needs 4·32 + 4·(48 + 2·24) numbers for attention and 4·32 + 4·56 for the MLP.
    #expect(found.activations == 4 * 40 * 4 * (512 + 352))
    #expect(found.inputs == 4 * 40 * (32 * 4 + 864))
    // Weights are the trained tensors themselves; logits count four times.
    #expect(found.weights == 0 && found.exit == 16 * 40 * 61)
    #expect(
      found.total(.activations) == 12 * count + max(found.activations + found.exit, 4 * count)
    )
  }

  @Test func updatesBesideFrozenWeights() throws {
    var lora = LoRA()
    lora.training.batch = 4
    lora.rank = 2
    lora.targets = [.query, .down]
    let found = try memory(lora)
    // For each block (48 + 32) + (32 + 56) rows and columns of rank 2.
    let count = 4 * 2 * (80 + 88)
    #expect(found.trained == 12 * count)
    // One and a half times 32 and 56 inputs for dropout, and two thin products.
    #expect(found.activations == 4 * 40 * 4 * (864 + 3 * (32 + 56) / 2 + 2 * 2 * 2))
    // The input of gate and up is thinned once for both.
    lora.targets = [.gate, .up]
    #expect(try memory(lora).activations == 4 * 40 * 4 * (864 + 3 * 32 / 2 + 2 * 2 * 2))
    lora.dropout = 0
    #expect(try memory(lora).activations == 4 * 40 * 4 * (864 + 2 * 2 * 2))
  }

  @Test func converted() throws {
    let tiny = try LanguageModel(opening: Fixture.tinyModel)
    let found = try LoRA().memory(of: tiny, window: 64, dtype: .float32)
    let blocks = tiny.blocks.map(tiny.configuration.parameterCount(of:)).reduce(0, +)
    #expect(found.weights == 4 * blocks)
    #expect(found.blockWeights == 4 * blocks / 12)
    #expect(try LoRA().memory(of: tiny, window: 64, dtype: .bfloat16).weights == 0)
  }
}
