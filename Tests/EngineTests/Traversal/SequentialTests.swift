import BillhookModels
import BillhookTorch
@testable import BillhookEngine
@testable import BillhookFiles
import Synchronization
import Testing
import TestSupport

/// Blocks that are measured and changed one after the other, in every order.
@Suite struct SequentialTests {
  /// The projections of each stage, as the published codes have them.
  private static let stages: [SequentialOrder: [Set<WeightRole>]] = [
    .none: [WeightRole.projections],
    .block: [WeightRole.projections],
    .module: [[.query, .key, .value, .output], [.gate, .up, .down]],
    .stage: [[.query, .key, .value], [.output], [.gate, .up], [.down]],
  ]

  /// New weights that depend on what enters them: each column shrinks with the norm of its input.
  private func changed(
    _ weights: LentWeights,
    _ projections: Set<WeightRole>,
    _ squares: [WeightRole: Tensor]
  ) throws -> [WeightRole: Tensor] {
    var new: [WeightRole: Tensor] = [:]
    for role in projections {
      guard let sum = squares[role.input] else { continue }
      let norms = try sum.pow(0.5)
      let scale = try norms * (0.2 / norms.max(0).scalar())
      new[role] = try weights.require(role).to(.float32) * (scale * -1 + 1).to(.float32)
    }
    return new
  }

  private func add(_ batch: BlockActivations, to squares: inout [WeightRole: Tensor]) throws {
    for (role, input) in batch.inputs {
      let sum = try input.to(.float64).pow(2).sum([0, 1])
      squares[role] = try squares[role].map { try $0 + sum } ?? sum
    }
  }

  private func context(_ folder: String) -> RunContext {
    var context = RunContext.testing(scratch: folder)
    context.tokensAtOnce = 12
    return context
  }

  /// Measured and changed in one pass.
  private func inOnePass(
    _ model: LanguageModel,
    _ tokens: TokenSet,
    _ order: SequentialOrder,
    _ context: RunContext,
    in folder: String? = nil,
    seen: (BlockStage) -> Void = { _ in }
  ) throws -> LanguageModel {
    var squares: [WeightRole: Tensor] = [:]
    return try Traversal(model, context).sequential(
      tokens,
      order: order,
      in: folder,
      observe: { _, batch in try add(batch, to: &squares) },
      change: { stage in
        seen(stage)
        defer { squares = [:] }
        return BlockChange(weights: try changed(stage.step.weights, stage.projections, squares))
      }
    )
  }

  /// The same by whole passes over models that are saved in between: one for every stage.
  private func inManyPasses(
    _ model: LanguageModel,
    _ tokens: TokenSet,
    _ order: SequentialOrder,
    _ context: RunContext
  ) throws -> LanguageModel {
    var now = model
    for block in model.blocks {
      for (number, projections) in (Self.stages[order] ?? []).enumerated() {
        var squares: [WeightRole: Tensor] = [:]
        _ = try Traversal(order == .none ? model : now, context).sequential(
          tokens,
          order: .none,
          observe: { stage, batch in
            if stage.number == block.sourceIndex { try add(batch, to: &squares) }
          },
          change: { _ in BlockChange() }
        )
        let weights = try now.lend(block, dtype: context.dtype, device: .cpu)
        let new = try changed(weights, projections, squares).map {
          (WeightID($0, block: block.sourceIndex), $1)
        }
        let path = "\(context.scratch)/whole-\(block.sourceIndex)-\(number).safetensors"
        now = try now.editing(Dictionary(uniqueKeysWithValues: new), at: path)
      }
    }
    return now
  }

  private func expectEqual(_ one: LanguageModel, _ other: LanguageModel) throws {
    for id in other.configuration.allWeights.map(\.id) {
      #expect(try one.weights.stored(id).hasSameBytes(as: other.weights.stored(id)), "\(id)")
    }
  }

  @Test(arguments: SequentialOrder.allCases, ["llama-gqa", "phi3", "qwen2"])
  func eachOrderIsManyWholePasses(order: SequentialOrder, name: String) throws {
    let golden = try Golden(name)
    try Fixture.withFolder { folder in
      let context = context(folder)
      let one = try inOnePass(golden.model, golden.tokens, order, context)
      try expectEqual(one, inManyPasses(golden.model, golden.tokens, order, context))
    }
  }

  @Test func theOrdersDiffer() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      let models = try SequentialOrder.allCases.map {
        try inOnePass(golden.model, golden.tokens, $0, context(folder))
      }
      let id = WeightID(.down, block: 0)
      let first = try models.map { try $0.weights.stored(id) }
      // What enters the first block's projections is changed by earlier stages alone.
      #expect(try first[0].hasSameBytes(as: first[1]))
      #expect(try !first[1].hasSameBytes(as: first[2]))
      #expect(try !first[2].hasSameBytes(as: first[3]))
      let later = try models.map { try $0.weights.stored(WeightID(.query, block: 1)) }
      for (index, one) in later.enumerated() {
        for other in later[(index + 1)...] { #expect(try !one.hasSameBytes(as: other)) }
      }
    }
  }

  /// All seven projections, once each, with what enters the whole model's.
  @Test func withoutOrderItIsWhatAWholePassShows() throws {
    let golden = try Golden("llama-gqa")
    var shown: [Int: [BlockActivations]] = [:]
    var left: [Int] = []
    _ = try Traversal(golden.model, .testing()).sequential(
      golden.tokens,
      order: .none,
      observe: { stage, batch in
        #expect(stage.projections == WeightRole.projections)
        shown[stage.number, default: []].append(batch)
      },
      change: { stage in
        left.append(stage.number)
        return BlockChange()
      }
    )
    #expect(left == golden.model.blocks.map(\.sourceIndex))
    _ = try Traversal(golden.model, .testing()).forward(golden.tokens, candidates: []) {
      step,
      all in
      for (seen, states) in zip(shown[step.number] ?? [], all) {
        #expect(try seen.entering.hasSameBytes(as: states.input))
        #expect(try seen.leaving.hasSameBytes(as: states.output))
        #expect(Set(seen.inputs.keys) == [.query, .output, .gate, .down])
        // What down makes of its input is what the MLP adds.
        let added = try #require(seen.inputs[.down])
          .matmul(step.weights.require(.down).transposed(0, 1))
        let sum = try (seen.between + added - seen.leaving).abs().max().scalar()
        #expect(sum < 1e-5)
      }
      #expect(shown[step.number]?.count == all.count)
    }
  }

  /// bfloat16 keeps none of the new weights exactly.
  @Test(arguments: SequentialOrder.allCases)
  func whatComesLaterSeesWhatIsSaved(order: SequentialOrder) throws {
    let model = try LanguageModel(opening: Fixture.tinyModel)
    let tokens = TokenSet(
      (0..<4).map { row in TokenWindow((0..<16).map { ($0 * 7 + row * 31) % 200 + 1 }) },
      note: "rows"
    )
    try Fixture.withFolder { folder in
      let context = context(folder)
      var last: [Tensor] = []
      var squares: [WeightRole: Tensor] = [:]
      let new = try Traversal(model, context).sequential(
        tokens,
        order: order,
        observe: { stage, batch in
          try add(batch, to: &squares)
          let isLast = stage.number == model.blocks.last?.sourceIndex
          if isLast, stage.projections.contains(.query) { last.append(batch.entering) }
        },
        change: { stage in
          defer { squares = [:] }
          return BlockChange(weights: try changed(stage.step.weights, stage.projections, squares))
        }
      )
      let id = WeightID(.gate, block: 3)
      #expect(try new.weights.stored(id).dtype == .bfloat16)
      #expect(try !new.weights.stored(id).hasSameBytes(as: model.weights.stored(id)))
      var entering: [Tensor] = []
      _ = try Traversal(order == .none ? model : new, context)
        .forward(tokens, candidates: []) { step, states in
          if step.number == model.blocks.last?.sourceIndex { entering = states.map(\.input) }
        }
      #expect(entering.count == last.count && !last.isEmpty)
      for (one, other) in zip(entering, last) { #expect(try one.hasSameBytes(as: other)) }
      // Written out in its stored type and read again, it is the same model.
      let all = try new.configuration.allWeights.map { ($0.id, try new.weights.stored($0.id)) }
      let saved = try model.editing(
        Dictionary(uniqueKeysWithValues: all),
        at: "\(folder)/saved.safetensors"
      )
      let loss = try Traversal(new, context).loss(on: tokens)
      #expect(try Traversal(saved, context).loss(on: tokens) == loss)
      #expect(try Traversal(model, context).loss(on: tokens) != loss)
    }
  }

  @Test(arguments: SequentialOrder.allCases)
  func stoppedAnywhereIsNeverStopped(order: SequentialOrder) throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      let expected = try inOnePass(golden.model, golden.tokens, order, context(folder))
      for moment in stride(from: 2, through: 90, by: 11) {
        let place = "\(folder)/stopped-\(moment)"
        let polls = Mutex(0)
        var stopping = RunContext(
          scratch: folder,
          isCancelled: {
            polls.withLock { polls in
              polls += 1
              return polls >= moment
            }
          }
        )
        stopping.tokensAtOnce = 12
        var before: [Int] = []
        do {
          _ = try inOnePass(golden.model, golden.tokens, order, stopping, in: place) {
            before.append($0.number)
          }
        } catch is Cancelled {}
        var after: [Int] = []
        let again = try inOnePass(golden.model, golden.tokens, order, context(folder), in: place) {
          after.append($0.number)
        }
        try expectEqual(again, expected)
        // Only the block that was at hand is done again.
        #expect(Set(before.dropLast()).intersection(after).count <= 1, "\(before) \(after)")
        if let last = before.last { #expect(!after.contains { $0 < last }) }
      }
    }
  }

  @Test func blocksThatAreNotAsTheyWereLeftAreDoneAgain() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      let place = "\(folder)/key"
      let expected = try inOnePass(golden.model, golden.tokens, .block, context(folder))
      _ = try inOnePass(golden.model, golden.tokens, .block, context(folder), in: place)
      func again(in place: String) throws -> [Int] {
        var seen: [Int] = []
        let model = try inOnePass(golden.model, golden.tokens, .block, context(folder), in: place) {
          seen.append($0.number)
        }
        try expectEqual(model, expected)
        return seen
      }
      #expect(try again(in: place) == [])
      for name in ["block-1.json", "block-1.safetensors"] {
        var bytes = try FileSystem.read("\(place)/\(name)")
        bytes[bytes.count - 3] ^= 1
        try FileSystem.write(bytes, to: "\(place)/\(name)")
        #expect(try again(in: place) == [1])
      }
      try FileSystem.remove("\(place)/block-2.safetensors")
      #expect(try again(in: place) == [2])
      try FileSystem.rename(place, to: "\(folder)/other")
      #expect(try again(in: "\(folder)/other").count == golden.model.blocks.count)
    }
  }

  /// Parts that are closed are closed for what comes later, and found again.
  @Test func closedPartsAreSeenByLaterBlocks() throws {
    let golden = try Golden("llama-gqa")
    var closed = Gates(closedBlocks: [2])
    closed.close(heads: [0, 1], ofBlock: 0)
    closed.close(channels: [3, 4, 9], ofBlock: 0)
    closed.closedMLPs = [1]
    let gates = closed
    try Fixture.withFolder { folder in
      func run(in place: String?) throws -> (LanguageModel, [Tensor]) {
        var last: [Tensor] = []
        let model = try Traversal(golden.model, context(folder)).sequential(
          golden.tokens,
          order: .block,
          in: place,
          observe: { if $0.number == 3 { last.append($1.entering) } },
          change: { _ in BlockChange(closed: gates) }
        )
        return (model, last)
      }
      for place in [nil, "\(folder)/key"] {
        let (model, last) = try run(in: place)
        #expect(model.gates == gates)
        var entering: [Tensor] = []
        _ = try Traversal(model, context(folder)).forward(golden.tokens, candidates: []) {
          if $0.number == 3 { entering = $1.map(\.input) }
        }
        #expect(!last.isEmpty && last.count == entering.count)
        for (one, other) in zip(last, entering) { #expect(try one.hasSameBytes(as: other)) }
      }
      #expect(try run(in: "\(folder)/key").0.gates == gates)
    }
  }

  /// The dense block sees what enters the pruned one.
  @Test func anotherModelsBlockStandsBeside() throws {
    let golden = try Golden("llama-gqa")
    var gates = Gates()
    for block in 0..<3 { gates.close(channels: [0, 5, 6], ofBlock: block) }
    let cut = try golden.model.removing(gates)
    var widths: [Int] = []
    var isFirst = true
    _ = try Traversal(cut, .testing()).sequential(
      golden.tokens,
      order: .block,
      beside: golden.model,
      observe: { stage, batch in
        let twin = try #require(stage.beside)
        let dense = try twin.activations(beside: batch)
        let width = try #require(dense.inputs[.down]?.shape.last)
        widths.append(width - (batch.inputs[.down]?.shape.last ?? 0))
        #expect(try twin.weights.require(.down).shape[1] == width)
        #expect(try !dense.leaving.hasSameBytes(as: batch.leaving) || stage.number == 3)
        // Before the first block nothing was cut yet.
        if isFirst {
          #expect(
            try dense.inputs[.query]?.hasSameBytes(as: #require(batch.inputs[.query])) == true
          )
        }
      },
      change: { _ in
        isFirst = false
        return BlockChange()
      }
    )
    #expect(Set(widths) == [0, 3])
    let without = try golden.model.removingBlocks([1])
    #expect(throws: FileError.self) {
      _ = try Traversal(golden.model, .testing()).sequential(
        golden.tokens,
        beside: without,
        observe: { _, _ in },
        change: { _ in BlockChange() }
      )
    }
  }

  @Test func aWeightInAnotherShapeIsNamed() throws {
    let golden = try Golden("llama-gqa")
    let error = #expect(throws: FileError.self) {
      _ = try Traversal(golden.model, .testing()).sequential(
        golden.tokens,
        observe: { _, _ in },
        change: { _ in BlockChange(weights: [.down: try Tensor.zeros([2, 3])]) }
      )
    }
    #expect(error?.description.contains("block 0 down") == true)
    #expect(error?.description.contains("found [2, 3]") == true)
  }
}
