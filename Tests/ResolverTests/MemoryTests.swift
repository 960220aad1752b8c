import BillhookRecipe
@testable import BillhookEngine
@testable import BillhookPipeline
@testable import BillhookResolver
import TestSupport
import Testing

/// The estimates of memory against numbers worked out by hand.
///
/// The model: 4 blocks of 10,048 parameters in f32, hidden size 32, 48 queries, 24 keys, an MLP of
/// 56 channels, 61 tokens. A token's hidden state takes 128 bytes.
@Suite struct MemoryTests {
  private func memory() throws -> TraversalMemory {
    TraversalMemory(try Golden("llama-gqa").model, .testing())
  }

  private let load = TraversalMemory.Load(tokens: 40, window: 10)

  /// What the allocator adds.
  private func allocated(_ tensors: Int) -> Int { tensors / 5 * 7 }

  @Test func weightsAndTwoValuesForEach() throws {
    #expect(try memory().weights() == 3 * 40_192)
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
        #expect(try memory.forwardWay(load, candidates: most).statesWaitOnDisk)
        #expect(try memory.placesToKeep(load, candidates: most, .inMemory) == 0)
        #expect(try memory.kept(load, candidates: 1 << 40, .inMemory) == 0)
        #expect(try memory.spilled(load, candidates: most) == .max)
        #expect(try memory.spilled(load, onePerBatch: true) > 1 << 46)
        let kept = TraversalWay(keeping: .activations, statesWaitOnDisk: false)
        for onePerBatch in [true, false] {
          #expect(try memory.backward(load, onePerBatch: onePerBatch, kept) > 1 << 50)
          #expect(try memory.backward(load, onePerBatch: onePerBatch, .inMemory) > 1 << 46)
        }
      }
    }
  }

  @Test func forwardHoldsAState() throws {
    // Three times the states of 40 tokens, a block, and 2·32 + 5·48 numbers a token inside of it.
    let inside = 40_192 + 40 * 304 * 4
    #expect(try memory().forward(load) == allocated(3 * 5120 + inside))
    // With four candidates, four more; on disk there are those of the one batch.
    #expect(try memory().forward(load, candidates: 4) == allocated(7 * 5120 + inside))
    let onDisk = TraversalWay(keeping: .inputs, statesWaitOnDisk: true)
    #expect(try memory().forward(load, candidates: 4, onDisk) == allocated(3 * 5120 + inside))
    // The exit counts where blocks are small beside it; a single window is never cut up.
    let long = TraversalMemory.Load(tokens: nil, window: 1_000_000)
    #expect(try memory().forward(long) > 3 * 128 * 1_000_000)
  }

  @Test func backwardKeepsAStateForEachBlock() throws {
    // Five states, a block, its gradients, 7·32 + 3·48 + 2·24 + 7·56 numbers a token, and three
    // times the largest matrix, 56 x 32.
    let block = 2 * 40_192 + 3 * 4 * 56 * 32
    #expect(
      try memory().backward(load, onePerBatch: false, .inMemory)
        == allocated(5 * 5120 + 40 * 808 * 4 + block)
    )
    // One sample at a time has a smaller graph, and its gradients beside their sum.
    let one = 10 * 808 * 4 + block + 40_192
    #expect(
      try memory().backward(load, onePerBatch: true, .inMemory) == allocated(5 * 5120 + one)
    )
    let onDisk = TraversalWay(keeping: .inputs, statesWaitOnDisk: true)
    #expect(try memory().backward(load, onePerBatch: true, onDisk) == allocated(1280 + one))
  }

  @Test func keptActivationsAreThoseOfAllBlocks() throws {
    // Weights are used in place; 6·32 + 4·48 + 4·24 + 4·56 numbers a token in each of four blocks.
    let all = TraversalWay(keeping: .activations, statesWaitOnDisk: false)
    #expect(
      try memory().backward(load, onePerBatch: false, all)
        == allocated(4 * 40 * 704 * 4 + 40_192 + 3 * 4 * 56 * 32)
    )
  }

  @Test func savingHoldsABlock() throws {
    #expect(try memory().saving() == 40_192)
  }

  @Test func moreThanThereIsIsAWarningAndNothingThatFitsAnError() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        data long = tokens "windows.txt" { length = 64 }
        repeat 2 { evaluate perplexity on windows }
        score block on windows { by taylor }
        recover cpt on long { batch = 10_000, micro_batch = 10_000 }
        """,
        in: folder
      )
      // That nobody measures what is trained is said each time.
      func codes(_ memory: Int?) -> [String] {
        PlanCheck.diagnostics(of: run.plan, memory: memory).map(\.code).filter { $0 != "W0406" }
      }
      #expect(codes(nil) == [])
      #expect(codes(1_000_000_000_000) == [])
      // Scoring and evaluating keep to what there is; a training as it was set does not.
      #expect(codes(1_000_000_000) == ["W0403"])
      // What happens twice is said once.
      #expect(codes(10_000) == ["E0302", "E0302", "E0302"])
      let error = PlanCheck.diagnostics(of: run.plan, memory: 10_000).first
      #expect(error?.severity == .error)
      #expect(error?.message.contains("for a single window, and this machine has 10 kB") == true)
    }
  }

  /// States of last tokens are there for all blocks at once: before and after each of 4 blocks 128 bytes
  /// for each of 20 windows.
  @Test func whatCriteriaOfUnitsAreShownOfAllBlocksCounts() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        data long = tokens "windows.txt" { length = 64, samples = 20 }
        score block on long { by block_influence }
        score block on long { by angular_distance }
        """,
        in: folder
      )
      let model = try Golden("llama-gqa").model
      let found = try run.plan.steps.compactMap {
        try $0.memory(on: model, StepNeeds(run.plan.inputs))?.bytes
      }
      #expect(found.count == 2 && found[1] - found[0] == 20 * 4 * 2 * 128)
    }
  }

  /// Where only the data tells how long windows are, a micro-batch is taken to be one of the usual size.
  @Test func windowsOfUnknownLengthMakeUsualBatches() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        data long = tokens "windows.txt" { length = 64 }
        recover cpt on windows { batch = 16, micro_batch = 16 }
        recover cpt on windows { batch = 16 }
        recover cpt on long { batch = 32, micro_batch = 32 }
        recover cpt on long { batch = 16, micro_batch = 1 }
        """,
        in: folder
      )
      let model = try Golden("llama-gqa").model
      let found = try run.plan.steps.compactMap {
        try $0.memory(on: model, StepNeeds(run.plan.inputs))
      }
      let assumed = "2048 tokens at once"
      #expect(found.map(\.way) == [assumed, assumed, nil, nil])
      #expect(found.prefix(3).allSatisfy { $0.bytes == found[0].bytes })
      #expect(found[3].bytes < found[0].bytes)
      let least = try run.plan.steps[0].memory(
        on: model,
        StepNeeds(run.plan.inputs, ofOneWindow: true)
      )
      #expect(least.map { $0.bytes < found[3].bytes && $0.way == nil } == true)
    }
  }

  @Test func amountsAreShownWithTwoDigits() {
    let shown = [0, 940, 9_940, 9_960, 999_400, 999_600, 1_234_567_890, 99_950_000_000]
    #expect(
      shown.map(MemoryEstimate.shown)
        == ["0.0 kB", "0.9 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "1.2 GB", "100 GB"]
    )
  }
}
