import BillhookModels
import BillhookTorch
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPlugins
import Synchronization
import Testing
import TestSupport

@Suite struct TraversalTests {
  @Test(arguments: Golden.names)
  func gatedEqualsCut(name: String) throws {
    let golden = try Golden(name)
    let removed: Set<Int> = [0, 2]
    var gated = golden.model
    gated.gates.closedBlocks = removed
    let cut = try golden.model.removingBlocks(removed)
    let windows = golden.tokens.windows.prefix(2).map(\.tokens)
    let expected = try Traversal(gated, .testing()).logits(of: windows)
    #expect(try Traversal(cut, .testing()).logits(of: windows).equals(expected))
    #expect(cut.blocks.count == golden.model.blocks.count - 2)
  }

  @Test func candidatesThatWalkTogetherEqualThoseThatWalkAlone() throws {
    let golden = try Golden("llama-sharded")
    let candidates =
      [Gates(), Gates(closedBlocks: [0]), Gates(closedBlocks: [7, 9]), Gates(closedBlocks: [15])]
      + [Gates(closedBlocks: [7])]
    let together = try Traversal(golden.model, .testing())
      .forward(golden.tokens, candidates: candidates)
    for (gates, losses) in zip(candidates, together) {
      var alone = golden.model
      alone.gates = gates
      let loss = try Traversal(alone, .testing()).loss(on: golden.tokens)
      let sum = losses.reduce(TokenLoss(), +)
      #expect(sum.count == loss.count)
      #expect(abs(sum.mean - loss.mean) < 1e-6)
    }
  }

  /// Where they do not fit, hidden states wait on disk, which changes no bit.
  @Test func littleMemoryGivesTheSameLosses() throws {
    let golden = try Golden("llama-gqa")
    let candidates = (0..<4).flatMap { block in
      (0..<20).map { channel in
        var gates = Gates()
        gates.close(channels: [channel, 2 * channel + 1], ofBlock: block)
        return gates
      }
    }
    try Fixture.withFolder { folder in
      let little = RunContext(memory: 1, scratch: "\(folder)/scratch")
      let strategy = try TraversalMemory(golden.model, little)
        .forwardStrategy(golden.tokens, candidates: candidates.count)
      #expect(strategy.statesWaitOnDisk)
      let much = try Traversal(golden.model, .testing())
        .forward(golden.tokens, candidates: candidates)
      #expect(
        try Traversal(golden.model, little).forward(golden.tokens, candidates: candidates) == much
      )
      #expect(Set(much.map { $0.reduce(TokenLoss(), +).sum }).count == candidates.count)
      #expect(try FileSystem.names(in: "\(folder)/scratch").isEmpty)
    }
  }

  /// Whether activations are kept, or blocks computed twice, with their inputs in memory or on disk.
  @Test func allWaysBackGiveTheSameGradients() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      func gradients(memory: Int?) throws -> [[Float]] {
        var found: [[Float]] = []
        let context = RunContext(memory: memory, scratch: "\(folder)/scratch")
        try Traversal(golden.model, context).backward(
          golden.tokens,
          kinds: [.projection, .norm],
          onePerBatch: true,
          visit: { _, batch in
            for role in batch.gradients.roles {
              found.append(try batch.gradients.require(role).floats())
            }
          },
          leave: { _ in }
        )
        return found
      }
      func strategy(_ memory: Int?) throws -> TraversalStrategy {
        let context = RunContext(memory: memory, scratch: "")
        return try TraversalMemory(golden.model, context)
          .backwardStrategy(golden.tokens, onePerBatch: true)
      }
      let cases: [(memory: Int?, TraversalStrategy)] = [
        (nil, TraversalStrategy(keeping: .activations, statesWaitOnDisk: false)),
        (TraversalMemory.program + 400_000, .inMemory),
        (1, TraversalStrategy(keeping: .inputs, statesWaitOnDisk: true)),
      ]
      let expected = try gradients(memory: nil)
      #expect(!expected.isEmpty)
      for (memory, expectedStrategy) in cases {
        #expect(try strategy(memory) == expectedStrategy)
        #expect(try gradients(memory: memory) == expected)
      }
    }
  }

  @Test func candidatesMayOpenWhatTheModelCloses() throws {
    let golden = try Golden("llama-gqa")
    var gated = golden.model
    gated.gates.closedBlocks = [1]
    let losses = try Traversal(gated, .testing())
      .forward(golden.tokens, candidates: [Gates(), Gates(closedBlocks: [1])])
    #expect(abs(losses[0].reduce(TokenLoss(), +).mean - golden.loss) < 1e-5)
    #expect(abs(losses[1].reduce(TokenLoss(), +).mean - (golden.scores["ppl"]?[1] ?? 0)) < 1e-5)
  }

  @Test func visitorsSeeTheStatesAroundEachBlock() throws {
    let golden = try Golden("llama-gqa")
    var seen: [Int] = []
    var before: Tensor?
    _ = try Traversal(golden.model, .testing()).forward(golden.tokens, candidates: []) {
      step,
      states in
      seen.append(step.number)
      #expect(states.count == 2)  // Two forms of windows, so two batches.
      let isHandedOn = try before?.equals(states[0].input) ?? true
      #expect(isHandedOn)
      let isUnchanged = try states[0].input.equals(states[0].output)
      #expect(!isUnchanged)
      before = states[0].output
    }
    #expect(seen == [0, 1, 2, 3])
  }

  @Test func batchesAreAsLargeAsTheContextSays() throws {
    let golden = try Golden("llama-gqa")
    func batches(tokens: Int) throws -> (count: Int, loss: Double) {
      var context = RunContext.testing()
      context.tokensAtOnce = tokens
      var count = 0
      let losses = try Traversal(golden.model, context.silent)
        .forward(golden.tokens, candidates: [Gates()]) { _, states in count = states.count }
      return (count, losses[0].reduce(TokenLoss(), +).mean)
    }
    let (together, apart) = (try batches(tokens: 4096), try batches(tokens: 1))
    #expect(together.count == 2 && apart.count == golden.tokens.windows.count)
    #expect(abs(together.loss - apart.loss) < 1e-6)
  }

  @Test func weightsAreShownOnceEach() throws {
    let golden = try Golden("llama-tied-biases")
    var seen: [Int] = []
    try Traversal(golden.model, .testing()).weights { step in
      seen.append(step.number)
      #expect(step.weights.roles.count == 16)
      #expect(step.weights[.query]?.dtype == .float32)
    }
    #expect(seen == [0, 1, 2])
  }

  @Test func gradientsAddUpToTheWholeWhateverTheBatches() throws {
    let golden = try Golden("llama-gqa")
    func gradients(onePerBatch: Bool) throws -> [[Float]] {
      var sums: [[Float]] = []
      var sum: Tensor?
      try Traversal(golden.model, .testing()).backward(
        golden.tokens,
        kinds: [.projection],
        onePerBatch: onePerBatch,
        visit: { _, batch in
          guard let gradient = batch.gradients[.down] else { return }
          let part = try gradient * batch.tokenShare
          sum = try sum.map { try $0 + part } ?? part
        },
        leave: { _ in
          sums.append(try #require(sum).floats())
          sum = nil
        }
      )
      return sums
    }
    let together = try gradients(onePerBatch: false)
    let apart = try gradients(onePerBatch: true)
    #expect(together.count == 4)
    for (one, other) in zip(together, apart) {
      #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test func aGradientIsTheSlopeOfTheLoss() throws {
    // Moves every weight of one matrix along its gradient and compares with the loss's change.
    let golden = try Golden("llama-gqa")
    var gradient: Tensor?
    var weight: Tensor?
    try Traversal(golden.model, .testing()).backward(
      golden.tokens,
      kinds: [.projection],
      onePerBatch: false,
      visit: { step, batch in
        guard step.number == 1, let found = batch.gradients[.up] else { return }
        let part = try found * batch.tokenShare
        gradient = try gradient.map { try $0 + part } ?? part
        weight = try step.weights.require(.up)
      },
      leave: { _ in }
    )
    let slope = try #require(gradient)
    let start = try #require(weight)
    func loss(moved distance: Double) throws -> Double {
      let new = try start + slope * distance
      let moved = golden.model.live(replacing: [WeightID(.up, block: 1): new])
      return try Traversal(moved, .testing()).loss(on: golden.tokens).mean
    }
    let step = 0.05
    let change = try loss(moved: step) - loss(moved: -step)
    let expected = try 2 * step * slope.pow(2).sum(dtype: .float64).scalar()
    #expect(abs(change - expected) < 0.02 * expected)
  }

  @Test func sequentialShowsEachBlockWhatTheChangedOnesBeforeItMade() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      var inputs: [Tensor] = []
      var isFirst = true
      let changed = try Traversal(golden.model, .testing(scratch: folder)).sequential(
        golden.tokens,
        observe: { _, batch in
          if isFirst { inputs.append(batch.entering) }
          isFirst = false
        },
        change: { stage in
          isFirst = true
          switch stage.number {
          case 0: return BlockChange(weights: [.down: try stage.step.weights.require(.down) * 0])
          case 2: return BlockChange(closed: Gates(closedBlocks: [2]))
          default: return BlockChange()
          }
        }
      )
      #expect(changed.gates.closedBlocks == [2])
      // What block 1 and 3 saw is what a plain pass over the changed model shows them.
      var plain: [Tensor] = []
      _ = try Traversal(changed, .testing()).forward(golden.tokens, candidates: []) {
        plain.append($1[0].input)
      }
      for (sequential, plain) in zip(inputs, plain) { #expect(try sequential.equals(plain)) }
      let unchanged = try Traversal(golden.model, .testing()).loss(on: golden.tokens)
      #expect(try Traversal(changed, .testing()).loss(on: golden.tokens) != unchanged)
    }
  }

  @Test func aRunCanBeStoppedBetweenBlocks() throws {
    let golden = try Golden("llama-gqa")
    let steps = Atomic(0)
    let context = RunContext(
      scratch: "",
      isCancelled: { steps.wrappingAdd(1, ordering: .relaxed).newValue > 2 }
    )
    #expect(throws: Cancelled.self) {
      try Traversal(golden.model, context).loss(on: golden.tokens)
    }
    #expect(steps.load(ordering: .relaxed) == 3)
  }

  @Test func shorterTypesStayNearTheLongOne() throws {
    let golden = try Golden("llama-gqa")
    let context = RunContext(dtype: .bfloat16, scratch: "")
    let loss = try Traversal(golden.model, context).loss(on: golden.tokens)
    #expect(abs(loss.mean - golden.loss) < 0.05)
    #expect(loss.mean != golden.loss)
  }
}
