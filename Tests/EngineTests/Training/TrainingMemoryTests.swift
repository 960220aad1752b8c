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
    let model = try Golden("llama-gqa").model
    return try recovery.memory(of: model, beside: model, window: 10, dtype: .float32)
  }

  /// What gradients need of a token in a block: 2·32 numbers that enter norms, 2·48 + 2·24 of attention,
  /// 3·56 of the MLP, 32 + 48 + 32 + 56 that enter projections, and a sum for each of four heads.
  private let graph = 4 * (64 + 96 + 48 + 168 + 168) + 16
  /// What the way back makes of all tokens in a block: three hidden states, and three times the MLP's
  /// channels.
  private let backward = 40 * 4 * (3 * 32 + 3 * 56)
  /// Hidden states of all tokens.
  private let states = 40 * 4 * 32
  /// The logits with their gradient, and three states.
  private let exit = 40 * 4 * (2 * 61 + 3 * 32)

  @Test func trainedInFull() throws {
    var cpt = ContinuedPretraining()
    cpt.training.batch = 4
    cpt.training.activations = .keep
    let found = try memory(cpt)
    let count = try Golden("llama-gqa").model.parameterCount
    #expect(found.trained == 12 * count && found.gradients == 4 * count)
    // Weights are the trained tensors themselves. When the exit is over, its table has its gradient.
    let table = 4 * 61 * 32
    #expect(found.kept == 2 * states + 4 * 40 * graph + max(exit, table + backward))
    // At the end all gradients stand beside the graph of one block.
    #expect(found.recomputed == 4 * count + 40 * graph + backward)
    #expect(found.total(.activations) == 12 * count + found.kept)
    // Of two micro-batches the second has the gradients of the first beside it, and its own come apart.
    cpt.training.microBatch = 2
    let halves = try memory(cpt)
    let half = states + 2 * 40 * graph + backward / 2 + 40_192
    #expect(halves.kept == 4 * count + half)
  }

  @Test func aPartOfTheBlocks() throws {
    var cpt = ContinuedPretraining()
    cpt.training.batch = 4
    cpt.trained = TrainedParts([.block(2)])
    let found = try memory(cpt)
    #expect(found.trained == 12 * 10_048)
    // Block 3 comes after it, and needs nothing that enters its projections.
    let after = graph - 4 * 168
    #expect(found.kept == 2 * states + 40 * (graph + after) + max(exit, backward))
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
    func kept(_ bytes: Int) -> Int { 2 * states + 4 * 40 * bytes + max(exit, backward) }
    // What enters other projections goes; masks of 32 and 56 bytes, and two thin products, come.
    let frozen = graph - 4 * 168
    #expect(found.kept == kept(frozen + 4 * (32 + 56) + 32 + 56 + 4 * 2 * 2))
    // The input of gate and up is thinned once for both.
    lora.targets = [.gate, .up]
    #expect(try memory(lora).kept == kept(frozen + 4 * 32 + 32 + 4 * 2 * 2))
    lora.dropout = 0
    #expect(try memory(lora).kept == kept(frozen + 4 * 32 + 4 * 2 * 2))
  }

  /// A mask is a byte for each element that is trained itself.
  ///
  /// A masked update needs a dense matrix with its mask, and three of them in f32 while it is made, or
  /// its gradients are.
  @Test func masked() throws {
    let dense = try Golden("llama-gqa").model
    let sparse = try dense.masked([.query, .down])
    var (cpt, lora) = (ContinuedPretraining(), LoRA())
    cpt.training.batch = 4
    (lora.training.batch, lora.targets, lora.dropout) = (4, [.query, .gate], 0)
    func both(_ recovery: some TrainingRecovery) throws -> (TrainingMemory, TrainingMemory) {
      try (
        recovery.memory(of: dense, beside: dense, window: 10, dtype: .float32),
        recovery.memory(of: sparse, beside: dense, window: 10, dtype: .float32)
      )
    }
    let (query, down) = (48 * 32, 32 * 56)
    let whole = try both(cpt)
    #expect(whole.1.trained - whole.0.trained == 4 * (query + down))
    #expect(whole.1.kept == whole.0.kept && whole.1.recomputed == whole.0.recomputed)
    // Frozen sparse weights are lent as copies.
    let updates = try both(lora)
    #expect(updates.1.trained == updates.0.trained)
    let graph = 4 * (4 * (query + down) + 5 * query)
    // The way back takes more than the exit.
    #expect(updates.1.kept - updates.0.kept == graph + 3 * 4 * query)
    #expect(
      updates.1.recomputed - updates.0.recomputed == 4 * (query + down) + (5 + 3 * 4) * query
    )
    lora.merge = .none
    let apart = try both(lora)
    #expect(apart.1.recomputed - apart.0.recomputed == 4 * (query + down))
  }

  @Test func converted() throws {
    let tiny = try LanguageModel(opening: Fixture.tinyModel)
    let blocks = tiny.blocks.map(tiny.configuration.parameterCount(of:)).reduce(0, +)
    func weights(_ dtype: DType) throws -> (one: Int, all: Int) {
      let tokens = BlockPassMemory.Tokens(count: 64, window: 64, dtype: dtype)
      let pass = try PassMemory(tiny, tokens, on: .cpu)
      return (pass.weights, pass.sum(\.weights))
    }
    #expect(try weights(.float32) == (4 * blocks / 12, 4 * blocks))
    #expect(try weights(.bfloat16) == (0, 0))
  }

  /// A teacher keeps its states at the exit, and those of all blocks where they are learnt from.
  @Test func learntFromATeacher() throws {
    var distill = KnowledgeDistillation()
    distill.training.batch = 4
    var cpt = ContinuedPretraining()
    cpt.training.batch = 4
    let (alone, taught) = try (memory(cpt), memory(distill))
    // Four logits in the place of two.
    let rest = backward + 4 * 61 * 32
    #expect(
      taught.kept == alone.kept + states + max(exit + 40 * 4 * 2 * 61, rest) - max(exit, rest)
    )
    distill.hidden = 1
    #expect(try memory(distill).kept == taught.kept + 4 * states)
  }

  /// What a teacher predicted is read piece by piece, and its likeliest tokens take no more than the data.
  @Test func learntFromAKeptTeacher() throws {
    var (distill, cpt) = (KnowledgeDistillation(), ContinuedPretraining())
    (distill.training.batch, distill.training.activations) = (4, .keep)
    (cpt.training.batch, cpt.training.activations) = (4, .keep)
    distill.kept = .likeliest(8)
    #expect(try memory(distill) == memory(cpt))
    (distill.kept, distill.loss) = (.all, .jensenShannon)
    let rest = backward + 4 * 61 * 32
    #expect(
      try memory(distill).kept - memory(cpt).kept
        == max(exit + 40 * 4 * 3 * 61, rest) - max(exit, rest)
    )
  }

  @Test func namedParts() throws {
    var cpt = ContinuedPretraining()
    cpt.training.batch = 4
    func trained(_ parts: TrainedParts.Part...) throws -> TrainingMemory {
      cpt.trained = TrainedParts(parts)
      return try memory(cpt)
    }
    #expect(try trained(.kind(.head)).trained == 12 * 61 * 32)
    // Two norms in each block, and the last.
    #expect(try trained(.kind(.norms)).trained == 12 * 9 * 32)
    #expect(try trained(.last(1), .block(3)).trained == 12 * 10_048)
    // Blocks below the lowest that is trained keep nothing.
    let last = try trained(.last(1), .kind(.head))
    #expect(last.kept < (try trained(.first(1), .kind(.head)).kept))
    #expect(last.trained == 12 * (10_048 + 61 * 32))
  }

  @Test func heldOutWindowsAreMeasuredBesideWhatIsTrained() throws {
    var cpt = ContinuedPretraining()
    cpt.training.batch = 1
    let alone = try memory(cpt)
    #expect(alone.measured == 0)
    cpt.training.heldOut = 1000
    let found = try memory(cpt)
    let golden = try Golden("llama-gqa").model
    let forward = try TraversalMemory(golden, .testing())
      .forward(TraversalMemory.Load(tokens: 10_000, window: 10))
    #expect(found.measured == forward)
    #expect(found.total(.inputs) == found.trained + forward)
    // Updates are merged into copies of a block's weights, by way of two matrices of 56 times 32.
    var lora = LoRA()
    lora.training.heldOut = 1000
    #expect(try memory(lora).measured == forward + 40_192 + 2 * 4 * 56 * 32)
  }

  /// Each block adds to a training what it adds to scores of the same tokens.
  @Test(arguments: ["llama-gqa", "gemma2", "qwen3", "olmo2", "granite4", "arcee"])
  func aBlockTakesWhatItTakesOfScores(model: String) throws {
    let whole = try Golden(model).model
    let cut = try whole.removingBlocks([1])
    let kept = TraversalStrategy(keeping: .activations, statesWaitOnDisk: false)
    let load = TraversalMemory.Load(tokens: 40, window: 10)
    func scores(_ model: LanguageModel) throws -> Int {
      try TraversalMemory(model, .testing()).backward(load, onePerBatch: false, kept)
    }
    func training(_ model: LanguageModel) throws -> Int {
      var cpt = ContinuedPretraining()
      cpt.training.batch = 4
      return try cpt.memory(of: model, beside: model, window: 10, dtype: .float32).kept
    }
    #expect(try scores(whole) - scores(cut) == training(whole) - training(cut))
  }
}
