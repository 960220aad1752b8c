import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Synchronization
import Testing
import TestSupport

/// Blocks over long windows, run in pieces: the same results, and somebody is asked between pieces.
@Suite struct PieceTests {
  /// Sizes that cut windows of twenty tokens into many pieces, heads and all.
  private static let small = sizes(columns: 7, scores: 30, products: 500)
  /// Sizes that cut most windows of trainings into a few, which takes less time.
  private static let larger = sizes(columns: 16, scores: 200, products: 4_000)

  private static func sizes(columns: Int, scores: Int, products: Int) -> PieceSizes {
    var sizes = PieceSizes()
    (sizes.longestWhole, sizes.columns) = (0, columns)
    (sizes.scores, sizes.products) = (scores, products)
    return sizes
  }

  private func context(
    _ sizes: PieceSizes = small,
    memory: Int? = nil,
    scratch: String = "",
    progress: @escaping @Sendable (ProgressEvent) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) -> RunContext {
    var context = RunContext(
      memory: memory,
      scratch: scratch,
      progress: progress,
      isCancelled: isCancelled
    )
    context.pieces = sizes
    return context
  }

  /// Every family and flag, gated heads among them: 1e-5 of the scale, as beside transformers.
  @Test(arguments: Golden.names) func logitsAreThoseOfWholeBlocks(name: String) throws {
    let golden = try Golden(name)
    let windows = golden.tokens.windows.prefix(2).map(\.tokens)
    let found = try windows.flatMap {
      try Traversal(golden.model, context()).logits(of: [$0]).doubles()
    }
    #expect(differenceToScale(found, golden.logits) < 1e-4)
    let whole = try windows.flatMap {
      try Traversal(golden.model, .testing()).logits(of: [$0]).doubles()
    }
    #expect(differenceToScale(found, whole) < 1e-5)
    var gated = golden.model
    gated.gates.close(heads: [1], ofBlock: 1)
    let both = try [context(), .testing()].map {
      try Traversal(gated, $0).logits(of: [windows[0]]).doubles()
    }
    #expect(differenceToScale(both[0], both[1]) < 1e-5)
  }

  @Test(arguments: [
    "llama-gqa", "gemma2", "phi3", "mistral-window", "ministral3", "olmo3", "arcee",
  ])
  func evidenceIsThatOfWholeBlocks(name: String) throws {
    let golden = try Golden(name)
    let scorings: [(any Criterion, any PruningUnit)] = [
      (BlockInfluence(), Block()), (WandaSp(), AttentionHead()), (WandaSp(), MLPChannel()),
      (RemovalPerplexity(), AttentionSublayer()), (Taylor(), Block()), (AngularDistance(), Block()),
    ]
    for (criterion, unit) in scorings {
      // Much memory, and so little that blocks are run again.
      let found = try Fixture.withFolder { folder in
        try [context(), context(memory: 1, scratch: folder), .testing()].map {
          try Scoring(golden.model, [unit], $0).scored(by: criterion, on: golden.tokens).values
        }
      }
      #expect(differenceToScale(found[0], found[2]) < 1e-4, "\(criterion.signature)")
      #expect(differenceToScale(found[1], found[2]) < 1e-4, "\(criterion.signature)")
    }
  }

  /// Beside transformers and PEFT, as trainings of whole blocks are: 1e-5 at each step.
  @Test(arguments: [
    ("cpt-gemma2", TrainingSettings.Activations.keep), ("cpt-phi3", .recompute),
    ("lora-phi3-fused", .keep), ("lora-packed", .recompute), ("cpt-packed", .keep),
    ("distill-hidden", .recompute), ("distill-answers", .keep),
  ])
  func trainingsAreThoseOfTheReference(
    name: String,
    activations: TrainingSettings.Activations
  ) throws {
    let curve = try TrainingCurve(name)
    var settings = curve.settings
    settings.activations = activations
    let found = try Fixture.withFolder {
      try curve.train(settings, in: $0, pieces: Self.larger).losses
    }
    #expect(relativeDifference(found, curve.losses) < 1e-5)
  }

  @Test func sharesRiseToTheWholeAndFallOnTheWayBack() throws {
    let golden = try Golden("llama-gqa")
    let model = golden.model
    let decoder = Decoder(model.configuration, dtype: .float32, device: .cpu, pieces: Self.small)
    let block = model.blocks[0]
    let tables = try decoder.tables(for: try #require(block.attention), Span(count: 40))
    let weights = try model.lend(block, dtype: .float32, device: .cpu)
    let shares = Mutex<[Double]>([])
    let input = try Generator(seed: 1).normal([1, 40, 32]).tracked()
    let output = try withGradients {
      try decoder.run(block, input, weights, tables) { share in shares.withLock { $0.append(share) }
      }
    }
    let there = shares.withLock { $0 }
    #expect(there.count > 40 && there == there.sorted() && there.last == 1)
    #expect(there.allSatisfy { (0...1).contains($0) })
    _ = try output.gradients(of: [input], upstream: Tensor.full([1, 40, 32], 1))
    let back = Array(shares.withLock { $0 }.dropFirst(there.count))
    #expect(back.count > 40 && back.first == 1 && (back.last ?? 1) < 0.5)
  }

  /// What somebody who asks to stop waits for: no more than the next piece, wherever the pass is.
  @Test(arguments: ["forward", "activations", "backward", "again", "training", "distillation"])
  func aPassStopsBetweenAnyTwoPieces(form: String) throws {
    let golden = try Golden("llama-gqa")
    let window = golden.tokens.windows[0]
    let tokens = TokenSet([window], note: "one")
    func run(_ context: RunContext) throws {
      switch form {
      case "forward": _ = try Traversal(golden.model, context).loss(on: tokens)
      case "activations":
        _ = try Traversal(golden.model, context).sequential(
          tokens,
          order: .none,
          observe: { _, _ in },
          change: { _ in BlockChange() }
        )
      case "backward", "again":
        try Traversal(golden.model, context).backward(
          tokens,
          kinds: [.projection],
          onePerBatch: false,
          visit: { _, _ in },
          leave: { _ in }
        )
      default:
        let objective: any TrainingObjective =
          form == "training"
          ? NextToken()
          : Distillation(from: golden.model, temperature: 1, share: 1, hidden: 1)
        let trainee = try WholeWeights(of: golden.model, device: .cpu)
        let pass = TrainingPass(trainee, objective, keeping: .activations, context)
        _ = try pass.run(TokenBatch(windows: [window]), seed: RandomSeed(0))
      }
    }
    func polls(stoppingAt limit: Int) throws -> Int {
      let count = Atomic(0)
      try Fixture.withFolder { folder in
        try run(
          context(
            memory: form == "again" ? 1 : nil,
            scratch: folder,
            isCancelled: { count.wrappingAdd(1, ordering: .relaxed).newValue > limit }
          )
        )
      }
      return count.load(ordering: .relaxed)
    }
    let all = try polls(stoppingAt: .max)
    #expect(all > 60)
    for limit in stride(from: 0, to: all, by: max(1, all / 50)) {
      #expect(throws: Cancelled.self) { _ = try polls(stoppingAt: limit) }
    }
  }

  @Test func progressRisesToItsEnd() throws {
    let golden = try Golden("llama-gqa")
    for sizes in [Self.small, PieceSizes()] {
      let told = Mutex<[[Int]]>([])
      let context = context(
        sizes,
        progress: { event in
          if case .advanced(let done, let all) = event {
            told.withLock { $0.append([done, all]) }
          }
        }
      )
      _ = try Traversal(golden.model, context).loss(on: golden.tokens)
      let events = told.withLock { $0 }
      #expect(events.count >= 5 && events.first?[0] == 0)
      #expect(events.last?[0] == events.last?[1])
      #expect(Set(events.map { $0[1] }).count == 1)
      #expect(events.map { $0[0] } == events.map { $0[0] }.sorted())
    }
  }
}
