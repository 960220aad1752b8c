import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPlugins
import Testing
import TestSupport

/// Repairs that change weights, and not only biases.
@Suite struct WeightRepairTests {
  /// Twice what stays, and one more.
  struct Twice: Repair {
    static let name = "twice"
    static let summary = "Doubles what stays."
    let evidence: [any Evidence] = [InputMoments()]
    let granularities: Set<UnitGranularity> = [.heads, .channels]

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      RepairedProjection(
        weight: try cut.weight * 2,
        addedBias: cut.id.role == .down ? try Tensor.full([cut.weight.shape[0]], 1) : nil
      )
    }
  }

  /// The sum of x·xᵀ over all tokens that enter the down projection, in f64.
  struct Gram: ActivationEvidence {
    static let name = "gram"
    static let summary = "Products of inputs."

    struct Sum: TensorBundle {
      let products: Tensor
      init(_ products: Tensor) { self.products = products }
      var tensors: [String: Tensor] { ["products": products] }
      init(tensors: [String: Tensor]) throws { products = try tensors.require("products") }
    }

    func observe(_ batch: BlockActivations) throws -> Sum {
      guard let inputs = batch.inputs[.down] else { throw BundleError("there is no MLP") }
      let rows = try inputs.to(.float64).reshaped([-1, inputs.shape[2]])
      return Sum(try rows.transposed(0, 1).matmul(rows))
    }
    func merge(_ one: Sum, _ other: Sum) throws -> Sum { Sum(try one.products + other.products) }
    func finish(_ sum: Sum) -> Tensor { sum.products }
  }

  /// The weights of what stays that give what all gave, with the smallest square error.
  struct Refit: Repair {
    static let name = "refit"
    static let summary = "Least squares."
    let evidence: [any Evidence] = [Gram()]
    let granularities: Set<UnitGranularity> = [.channels]

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      let gram = try statistics.result(of: Gram())
      let columns = cut.keptColumns ?? []
      let kept = try Tensor(columns)
      let weight = try cut.weight.to(.float64)
      let right = try weight.matmul(gram.selecting(1, kept)).transposed(0, 1)
      let inner = try gram.selecting(0, kept).selecting(1, kept)
      let fitted = try inner.solve(right).transposed(0, 1)
      // In the shape from before the cut; what stands in the columns that go does not matter.
      var places = [Int](repeating: 0, count: cut.weight.shape[1])
      for (place, column) in columns.enumerated() { places[column] = place }
      return RepairedProjection(weight: try fitted.selecting(1, Tensor(places)).to(.float32))
    }
  }

  private func gates() -> Gates {
    var gates = Gates()
    gates.close(channels: [0, 7, 11, 20], ofBlock: 0)
    gates.close(heads: [0, 1], ofBlock: 2)
    return gates
  }

  @Test func whatStaysIsWhatTheRepairSays() throws {
    let golden = try Golden("llama-gqa")
    let cut = try golden.model.removing(gates())
    try Fixture.withFolder { folder in
      let context = RunContext.testing(scratch: folder)
      let repaired = try Repairing(golden.model, context).repair(
        cut,
        by: Twice(),
        on: golden.tokens
      )
      for id in cut.configuration.allWeights.map(\.id) {
        let (old, new) = (try cut.weights.stored(id), try repaired.weights.stored(id))
        let isChanged = id == WeightID(.down, block: 0) || id == WeightID(.output, block: 2)
        #expect(try new.hasSameBytes(as: isChanged ? old * 2 : old), "\(id)")
      }
      let bias = try repaired.weights.stored(WeightID(.downBias, block: 0)).doubles()
      #expect(bias.allSatisfy { $0 == 1 } && !bias.isEmpty)
      #expect(
        try repaired.weights.stored(WeightID(.downBias, block: 1)).doubles().allSatisfy { $0 == 0 }
      )

      // The file is found again.
      let path = "\(folder)/\(Repairing.fileName)"
      #expect(try repaired.edits(since: cut) == [path])
      let again = try Repairing.model(cut, repairedBy: path)
      let windows = [golden.tokens.windows[0].tokens]
      let logits = try Traversal(repaired, context).logits(of: windows)
      #expect(try Traversal(again, context).logits(of: windows).hasSameBytes(as: logits))
      #expect(again.parameterCount == repaired.parameterCount)
    }
  }

  @Test func leastSquaresComeNearestToWhatWasBefore() throws {
    let golden = try Golden("llama-gqa")
    var gates = Gates()
    gates.close(channels: [0, 7, 11, 20], ofBlock: 0)
    let cut = try golden.model.removing(gates)
    func output(_ model: LanguageModel) throws -> [Tensor] {
      var states: [Tensor] = []
      _ = try Traversal(model, .testing()).forward(golden.tokens, candidates: []) { step, batches in
        if step.number == 0 { states = batches.map(\.output) }
      }
      return states
    }
    let expected = try output(golden.model)
    func error(_ model: LanguageModel) throws -> Double {
      try zip(output(model), expected).reduce(0) { sum, pair in
        try sum + (pair.0 - pair.1).pow(2).sum(dtype: .float64).scalar()
      }
    }
    try Fixture.withFolder { folder in
      let repairing = Repairing(golden.model, .testing(scratch: folder))
      let plain = try error(cut)
      let biased = try error(repairing.repair(cut, by: BiasCompensation(), on: golden.tokens))
      let model = try repairing.repair(cut, by: Refit(), on: golden.tokens)
      let fitted = try error(model)
      #expect(fitted < 0.9 * plain && fitted < biased, "\(plain) \(biased) \(fitted)")
      // Any other weights are worse.
      let id = WeightID(.down, block: 0)
      let best = try model.weights.stored(id)
      for seed in 1...4 {
        let step = try Generator(seed: UInt64(seed)).normal(best.shape) * 1e-3
        let path = "\(folder)/moved-\(seed).safetensors"
        #expect(try error(cut.editing([id: best + step], at: path)) > fitted)
      }
    }
  }

  @Test func whatCannotBePutThereIsRefused() throws {
    struct Wrong: Repair {
      static let name = "wrong"
      static let summary = "Gives what has no place."
      let evidence: [any Evidence] = []
      let granularities: Set<UnitGranularity> = [.channels]
      var isShort = true

      func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
        guard isShort else { return RepairedProjection(weight: try cut.weight * .nan) }
        return RepairedProjection(
          weight: try cut.weight.selecting(1, Tensor(cut.keptColumns ?? []))
        )
      }
    }
    let golden = try Golden("llama-gqa")
    let cut = try golden.model.removing(gates())
    func message(_ repair: Wrong) throws -> String {
      let error = #expect(throws: (any Error).self) {
        try Repairing(golden.model, .testing()).repair(cut, by: repair, on: golden.tokens)
      }
      return "\(try #require(error))"
    }
    #expect(try message(Wrong()).contains("block 0 down: gave a weight of the shape [32, "))
    var broken = Wrong()
    broken.isShort = false
    #expect(try message(broken).contains("gave a weight with values that are not finite"))
  }
}
