import BillhookFiles
import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import TestSupport
import Testing

/// The memory of passes against numbers worked out by hand.
///
/// The model: 4 blocks of 10,048 parameters in f32, hidden size 32, 48 queries, 24 keys, an MLP of
/// 56 channels, 61 tokens. A token's hidden state takes 128 bytes.
@Suite struct TraversalMemoryTests {
  private func memory() throws -> TraversalMemory {
    TraversalMemory(try Golden("llama-gqa").model, .testing())
  }

  private let load = TraversalMemory.Load(tokens: 40, window: 10)

  @Test func aValueForEachWeight() throws {
    // In place, so that only the values count, and two more for each of 56 times 32.
    #expect(try memory().weights() == 40_192 + 2 * 4 * 56 * 32)
  }

  /// Settings may ask for more than a whole number holds; then it is too much, and no trap.
  @Test(arguments: ["llama-gqa", "gemma2"])
  func moreThanANumberHoldsIsTheLargest(model: String) throws {
    let golden = try Golden(model).model
    for limit in [1, 100_000_000_000] {
      let memory = TraversalMemory(golden, RunContext(memory: limit, scratch: ""))
      for tokens in [1_000_000_000_000, Int.max] {
        let load = TraversalMemory.Load(tokens: tokens, window: min(tokens, 1_000_000_000_000))
        let most = 1 << 60
        #expect(try memory.forward(load, candidates: most) > most)
        #expect(try memory.forwardStrategy(load, candidates: most).statesWaitOnDisk)
        #expect(try memory.nodesToKeep(load, candidates: most, .inMemory) == 0)
        #expect(try memory.kept(load, candidates: 1 << 40, .inMemory) == 0)
        #expect(try memory.onDisk(load, candidates: most) == .max)
        #expect(try memory.onDisk(load, onePerBatch: true) > 1 << 46)
        #expect(try memory.sequential(load) > 1 << 46)
        let kept = TraversalStrategy(keeping: .activations, statesWaitOnDisk: false)
        for onePerBatch in [true, false] {
          #expect(try memory.backward(load, onePerBatch: onePerBatch, kept) > 1 << 50)
          #expect(try memory.backward(load, onePerBatch: onePerBatch, .inMemory) > 1 << 46)
        }
      }
    }
  }

  @Test func forwardHoldsAState() throws {
    // The states of 40 tokens; before and after a block, and 32 + 5·48 + 2·24 numbers a token in it;
    // then twice the logits, and three states.
    let inside = 2 * 5120 + 40 * 320 * 4 + 40 * (2 * 61 * 4 + 3 * 128)
    #expect(try memory().forward(load) == 5120 + inside)
    // With four candidates, four more; on disk there are none but those of the one batch.
    #expect(try memory().forward(load, candidates: 4) == 5 * 5120 + inside)
    let onDisk = TraversalStrategy(keeping: .inputs, statesWaitOnDisk: true)
    #expect(try memory().forward(load, candidates: 4, onDisk) == inside)
    // A single window is never cut up. Of 32 MiB and more the heap keeps nothing until the exit.
    let long = TraversalMemory.Load(tokens: nil, window: 1_000_000)
    #expect(try memory().forward(long) == 1_000_000 * (3 * 128 + 320 * 4))
  }

  /// What gradients need of a token: 2·32 numbers that enter norms, 2·48 + 2·24 of attention, 3·56 of the
  /// MLP, 32 + 48 + 32 + 56 that enter projections, and a sum in f32 for each of four heads.
  private let graph = 4 * (64 + 96 + 48 + 168 + 168) + 4 * 4
  /// What the way back makes of a token: three hidden states, and three times the MLP's channels.
  private let backward = 4 * (3 * 32 + 3 * 56)
  /// Three of the largest matrices, of 56 times 32.
  private let matrices = 3 * 4 * 56 * 32

  @Test func backwardKeepsAStateForEachBlock() throws {
    // Five states, and the graph of one block.
    #expect(
      try memory().backward(load, onePerBatch: false, .inMemory)
        == 5 * 5120 + 40 * (graph + backward)
    )
    // One sample at a time has a smaller graph than gradients as they come, and their sum.
    let one = 2 * 40_192 + matrices
    #expect(try memory().backward(load, onePerBatch: true, .inMemory) == 5 * 5120 + one)
    let onDisk = TraversalStrategy(keeping: .inputs, statesWaitOnDisk: true)
    #expect(try memory().backward(load, onePerBatch: true, onDisk) == 1280 + one)
  }

  @Test func keptActivationsAreThoseOfAllBlocks() throws {
    // Weights are used in place. The way back through a block takes more than the exit: twice 61 logits a
    // token in f32, and three states.
    let all = TraversalStrategy(keeping: .activations, statesWaitOnDisk: false)
    #expect(
      try memory().backward(load, onePerBatch: false, all)
        == 4 * 40 * graph + 5120 + 40 * max(backward, 2 * 61 * 4 + 3 * 128)
    )
  }

  @Test func sequentialHoldsWhatIsLookedAt() throws {
    // The states of 40 tokens, those before and after a block, and inside of it 320 numbers a token, the
    // inputs of query and output until they are looked at, and three values in f64 for each of the most
    // that are looked at together.
    let inside = 40 * 4 * (320 + 32 + 48)
    let (inputs, states) = (inside + 40 * 3 * 8 * 56, inside + 40 * 3 * 8 * 32)
    #expect(try memory().sequential(load) == 3 * 5120 + inputs)
    #expect(try memory().sequential(load, seeing: .states) == 3 * 5120 + states)
    // Changed weights, as they come and as they are stored, and states from before and after them.
    let changed = 4 * 5120 + inputs + 2 * 40_192
    for order in [SequentialOrder.block, .module, .stage] {
      #expect(try memory().sequential(load, order: order) == changed)
    }
    // Another model's block is shown beside; in place its weights take nothing.
    #expect(
      try memory().sequential(load, order: .block, beside: Golden("llama-gqa").model)
        == changed + inputs
    )
    // Larger tensors are given back at once: what is shown stands beside the statistics alone.
    let long = TraversalMemory.Load(tokens: 1_000_000, window: 1_000_000)
    let shown = 4 * (4 * 32 + 48 + 56) + 3 * 8 * 56
    #expect(try memory().sequential(long) == 1_000_000 * (3 * 128 + shown))
  }

  @Test func passesWriteWhatTheyGoOnFrom() throws {
    // Each file stands beside the one before it. The states of the model and four candidates.
    #expect(try memory().onDisk(load, candidates: 4) == 2 * 5 * 5120)
    #expect(try memory().onDisk(load, candidates: 4, isResumed: false) == 0)
    // Gradients on their way, and the sums of one block.
    #expect(try memory().onDisk(load, onePerBatch: true) == 2 * (5120 + 40_192))
    // States, and mean and spread of 48 and 56 channels in f64 in each of four blocks.
    #expect(try memory().onDiskOfSequential(load) == 2 * (5120 + 4 * 16 * (48 + 56)))
    // Where memory is too small for them, states wait on disk as well.
    let little = TraversalMemory(try Golden("llama-gqa").model, RunContext(memory: 1, scratch: ""))
    #expect(try little.onDisk(load, candidates: 4, isResumed: false) == 6 * 5120)
    #expect(try little.onDiskOfSequential(load) == 2 * 5120 + 2 * (5120 + 4 * 16 * 104))
  }

  @Test(arguments: ["llama-gqa", "gemma2", "qwen3"], [DType.float32, .bfloat16])
  func moreTokensNeverTakeLess(model: String, dtype: DType) throws {
    let memory = TraversalMemory(
      try Golden(model).model,
      RunContext(dtype: dtype, memory: nil, scratch: "")
    )
    let kept = TraversalStrategy(keeping: .activations, statesWaitOnDisk: false)
    let found = try [8, 64, 1000, 1024, 1032, 4096, 100_000].map { tokens in
      let load = TraversalMemory.Load(tokens: tokens, window: 8)
      let (all, again) = try (
        memory.backward(load, onePerBatch: false, kept),
        memory.backward(load, onePerBatch: false, .inMemory)
      )
      #expect(again <= all)
      return [
        try memory.forward(load), try memory.sequential(load), all, again,
        try memory.backward(load, onePerBatch: true, kept),
      ]
    }
    for (less, more) in zip(found, found.dropFirst()) {
      #expect(zip(less, more).allSatisfy(<=))
    }
  }

  @Test func savingHoldsTheLogitsOfSomeTokens() throws {
    // Of 16 tokens, with their softmax and three states.
    #expect(try memory().saving() == 16 * (2 * 61 * 4 + 3 * 128))
  }

  @Test func savingLooksAtTheLargestWeightAtOnce() throws {
    try Fixture.withFolder { folder in
      let configuration = """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
          "hidden_size": 64, "intermediate_size": 512, "num_attention_heads": 4,
          "num_key_value_heads": 4, "num_hidden_layers": 1, "vocab_size": 16, "rms_norm_eps": 1e-5,
          "max_position_embeddings": 32, "tie_word_embeddings": false, "dtype": "float32"
        }
        """
      try FileSystem.write(Array(configuration.utf8), to: "\(folder)/config.json")
      let model = try LanguageModel(new: "\(folder)/config.json", seed: RandomSeed(1))
      // Of a projection of the MLP the absolute values in f32, and three masks.
      let memory = TraversalMemory(model, .testing())
      #expect(try memory.saving() == 512 * 64 * (4 + 3))
    }
  }
}
