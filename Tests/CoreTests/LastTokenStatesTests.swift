import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
import Testing
import TestSupport

/// The states of last tokens, by hand: windows of two tokens of two channels.
@Suite struct LastTokenStatesTests {
  private let evidence = LastTokenStates()

  /// What some windows are inside a block that adds 10 to everything.
  private func batch(_ numbers: [Float], firstWindow: Int) throws -> BlockActivations {
    let states = try Tensor(numbers, shape: [numbers.count / 4, 2, 2])
    return try BlockActivations(
      entering: states,
      between: states,
      leaving: states + 10,
      firstWindow: firstWindow
    )
  }

  @Test func lastTokensAreTakenBeforeAndAfterTheBlock() throws {
    let found = try evidence.finish(
      evidence.observe(batch([1, 2, 3, 4, 5, 6, 7, 8], firstWindow: 0))
    )
    #expect(found.map(\.shape) == [[2, 2, 2]])
    #expect(try found[0].doubles() == [3, 4, 13, 14, 7, 8, 17, 18])
  }

  /// A view of a batch would hold the states of all of its tokens.
  @Test func itHoldsNoOtherTokens() throws {
    let states = try batch([1, 2, 3, 4], firstWindow: 0)
    let found = try evidence.finish(evidence.observe(states))
    try states.entering.copy(from: Tensor.zeros([1, 2, 2]))
    #expect(try found[0].doubles() == [3, 4, 13, 14])
  }

  @Test func theOrderIsThatOfTheWindowsHoweverBatchesAreMerged() throws {
    let parts = try [0, 9, 10].map { first in
      try evidence.observe(batch([0, 0, Float(first), 1], firstWindow: first))
    }
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
      let merged = try evidence.merge(
        evidence.merge(parts[order[0]], parts[order[1]]),
        parts[order[2]]
      )
      let read = try LastTokenStates.Batches(tensors: merged.tensors)
      #expect(try evidence.finish(read).map { try $0.doubles()[0] } == [0, 9, 10])
    }
    #expect(throws: BundleError("the same windows were observed twice")) {
      try evidence.merge(parts[0], parts[0])
    }
  }

  @Test func otherTensorsAreRefused() throws {
    for (name, shape) in [("first", [1, 2, 2]), ("0", [1, 2]), ("0", [1, 3, 2])] {
      #expect(throws: BundleError.self) {
        try LastTokenStates.Batches(tensors: [name: Tensor.zeros(shape)])
      }
    }
  }

  /// Every window has its own number, the same in every block, whatever runs at once.
  @Test(arguments: [1, 12, 1000])
  func windowsAreCountedThroughAllBatches(tokensAtOnce: Int) throws {
    let golden = try Golden("llama-gqa")
    var context = RunContext.testing()
    context.tokensAtOnce = tokensAtOnce
    var numbers: [Int: [Int]] = [:]
    _ = try Traversal(golden.model, context).sequential(
      golden.tokens,
      order: .none,
      observe: { numbers[$0.number, default: []] += $1.windows },
      change: { _ in BlockChange() }
    )
    #expect(numbers.count == golden.model.blocks.count)
    #expect(numbers.values.allSatisfy { $0 == Array(golden.tokens.windows.indices) })
  }
}
