import BillhookModels
import BillhookRecipe
import TestSupport
import Testing

@testable import BillhookCore

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

  @Test func forwardHoldsAState() throws {
    // Three times the states of 40 tokens, a block, and 2·32 + 5·48 numbers a token inside of it.
    #expect(try memory().forward(load) == allocated(3 * 5120 + 40_192 + 40 * 304 * 4))
    // With four candidates, four more.
    #expect(try memory().forward(load, candidates: 4) == allocated(7 * 5120 + 88_832))
    // The exit counts where blocks are small beside it; a single window is never cut up.
    let long = TraversalMemory.Load(tokens: nil, window: 1_000_000)
    #expect(try memory().forward(long) > 3 * 128 * 1_000_000)
  }

  @Test func backwardKeepsAStateForEachBlock() throws {
    // Five states, a block, its gradients twice, and 7·32 + 3·48 + 2·24 + 7·56 numbers a token.
    let graph = 40 * 808 * 4
    #expect(
      try memory().backward(load, onePerBatch: false)
        == allocated(5 * 5120 + 3 * 40_192 + graph)
    )
    // One sample at a time has a smaller graph, so three times the gradients are more.
    #expect(
      try memory().backward(load, onePerBatch: true) == allocated(5 * 5120 + 4 * 40_192)
    )
  }

  @Test func savingHoldsABlock() throws {
    #expect(try memory().saving() == 40_192)
  }

  @Test func moreThanThereIsIsAWarningAndNothingThatFitsAnError() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        repeat 2 { evaluate perplexity on windows }
        score block on windows { by taylor }
        """,
        in: folder
      )
      func codes(_ memory: Int?) -> [String] {
        PlanCheck.diagnostics(of: run.plan, memory: memory).map(\.code)
      }
      #expect(codes(nil) == [])
      #expect(codes(1_000_000_000_000) == [])
      // The evaluation would take up to 400 MB of a long text; it is said once.
      #expect(codes(200_000_000) == ["W0403"])
      #expect(codes(10_000) == ["E0302", "E0302"])
      let error = PlanCheck.diagnostics(of: run.plan, memory: 10_000).first
      #expect(error?.severity == .error)
      #expect(error?.message.contains("for a single window, and this machine has 10 kB") == true)
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
