import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Synchronization
import Testing
import TestSupport

/// States found again after a removal: the same bits, for less work.
@Suite struct StateTreeTests {
  static let kinds: [any PruningUnit] = [
    Block(), AttentionSublayer(), MLPSublayer(), AttentionHead(),
  ]

  /// Three rounds, in each of which the unit goes without which the loss is the lowest.
  @Test(arguments: kinds.indices, [nil, 1, TraversalMemory.program + 236_000] as [Int?])
  func roundsGiveTheSameBitsAsFreshSweeps(kind: Int, memory: Int?) throws {
    let golden = try Golden("llama-gqa")
    let unit = Self.kinds[kind]
    try Fixture.withFolder { folder in
      let context = RunContext(memory: memory, scratch: "\(folder)/scratch")
      let tree = StateTree()
      var model = golden.model
      for _ in 0..<3 {
        let units = unit.units(of: model).flatMap(\.all)
        let candidates = units.map { unit.closing([$0], in: model.gates, of: model) }
        func losses(_ tree: StateTree) throws -> [[TokenLoss]] {
          try Traversal(model, context).forward(golden.tokens, candidates: candidates, tree: tree)
        }
        let found = try losses(tree)
        #expect(try found == losses(StateTree()))
        let sums = found.map { $0.reduce(TokenLoss(), +).sum }
        // No round takes the last unit that lies in a sub-layer.
        let places = sums.indices.filter { place in
          unit.granularity != .heads || units.count { $0.block == units[place].block } > 1
        }
        let lowest = try #require(places.min { sums[$0] < sums[$1] })
        model = try unit.cutting([units[lowest]], from: model)
      }
    }
  }

  /// The memory that the rounds are tried with leaves room for some of the places.
  @Test func someMemoryKeepsSomePlaces() throws {
    let golden = try Golden("llama-gqa")
    let context = RunContext(memory: TraversalMemory.program + 236_000, scratch: "")
    let memory = TraversalMemory(golden.model, context)
    let strategy = try memory.forwardStrategy(golden.tokens, candidates: 4)
    #expect(!strategy.statesWaitOnDisk)
    #expect((1..<8).contains(try memory.nodesToKeep(golden.tokens, candidates: 4, strategy)))
  }

  /// Everything was run before but the last two without the first, and the last without the third.
  @Test func onlyWhatIsNewIsRun() throws {
    let golden = try Golden("llama-gqa")
    let tree = StateTree()
    func blocksRun(_ model: LanguageModel, _ tree: StateTree) throws -> Int {
      let total = Mutex(0)
      var context = RunContext.testing()
      context.progress = { event in
        if case .advanced(_, let all) = event { total.withLock { $0 = all } }
      }
      _ = try Traversal(model, context).forward(
        golden.tokens,
        candidates: model.blocks.map { Gates(closedBlocks: [$0.sourceIndex]) },
        tree: tree
      )
      // Each batch counts, and the losses of each candidate count as a block.
      let batches = Sequences(golden.tokens, context).batches.count
      return total.withLock { $0 } / batches - model.blocks.count
    }
    let rest = try golden.model.removingBlocks([1])
    #expect(try blocksRun(golden.model, tree) == 3 + 3 + 2 + 1)
    #expect(try blocksRun(rest, tree) == 2 + 1)
    #expect(try blocksRun(rest, tree) == 0)
    #expect(try blocksRun(rest, StateTree()) == 2 + 2 + 1)
  }

  /// With room for half of the nodes only every second one is kept, and the way from there is run.
  @Test func lessRoomKeepsLess() throws {
    let golden = try Golden("llama-gqa")
    let tree = StateTree()
    let states = [try Tensor([Float(1)])]
    func keepAll(room: Int) -> [Bool] {
      let nodes = tree.nodes(of: golden.model, by: Gates())
      tree.keepOnly([nodes], room: room)
      for node in nodes { tree.keep(states, at: node) }
      return nodes.map { $0.states != nil }
    }
    #expect(keepAll(room: 5) == [true, true, true, true, true])
    #expect(keepAll(room: 3) == [true, false, true, false, true])
    #expect(keepAll(room: 0) == [true, false, false, false, false])
  }
}
