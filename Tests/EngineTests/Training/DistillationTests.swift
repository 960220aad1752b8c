import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import Testing
import TestSupport

@Suite struct DistillationTests {
  private func context(_ golden: Golden, _ folder: String) -> RecoveryContext {
    RecoveryContext(run: .testing(scratch: folder), opened: golden.model, folder: folder)
  }

  /// The summed loss of a batch and the gradients that a pass leaves.
  private func pass(
    _ student: LanguageModel,
    from teacher: LanguageModel,
    _ batch: TokenBatch,
    temperature: Double = 2,
    share: Double = 0.7,
    hidden: Double = 0.3,
    moving: (WeightID, Tensor)? = nil
  ) throws -> (loss: Double, gradient: Tensor) {
    let trainee = try WholeWeights(of: student, device: .cpu)
    let id = moving?.0 ?? WeightID(.up, block: 1)
    let tensor = try #require(trainee.tensors.first { $0.weight == id })
    if let moving { try tensor.value.add(moving.1) }
    let distillation = Distillation(
      from: teacher,
      temperature: temperature,
      share: share,
      hidden: hidden
    )
    let pass = TrainingPass(trainee, distillation, keeping: .activations, .testing())
    let loss = try pass.run(batch, seed: RandomSeed(0))
    return (loss, try #require(tensor.gradient))
  }

  private func batch(_ golden: Golden) -> TokenBatch {
    TokenBatch(windows: Array(golden.tokens.windows.prefix(3)))
  }

  @Test func aModelThatIsItsOwnTeacherHasNothingToLearn() throws {
    let golden = try Golden("llama-gqa")
    let found = try pass(golden.model, from: golden.model, batch(golden), share: 1)
    #expect(abs(found.loss) < 1e-3)
    #expect(try found.gradient.abs().max().scalar() < 1e-4)
  }

  @Test func withoutAShareOfTheTeacherTheLossIsTheDatas() throws {
    let golden = try Golden("llama-gqa")
    let student = try golden.model.removingBlocks([2])
    let batch = batch(golden)
    let found = try pass(student, from: golden.model, batch, share: 0, hidden: 0)
    let expected = try Traversal(student, .testing()).loss(on: TokenSet(batch.windows, note: ""))
    #expect(abs(found.loss - expected.sum) < 1e-3)
  }

  /// The loss once more from logits and hidden states, and its gradient by differences.
  @Test func lossAndGradientAreThoseOfTheFormula() throws {
    let golden = try Golden("llama-gqa")
    let student = try golden.model.removingBlocks([2])
    let batch = batch(golden)
    let found = try pass(student, from: golden.model, batch)
    #expect(abs(found.loss - (try plainLoss(student, golden.model, batch))) < 1e-3 * found.loss)

    let id = WeightID(.up, block: 1)
    let length = try found.gradient.pow(2).sum(dtype: .float64).scalar().squareRoot()
    let move = try found.gradient * (0.02 / length)
    let (more, less) = try (
      pass(student, from: golden.model, batch, moving: (id, move)).loss,
      pass(student, from: golden.model, batch, moving: (id, -move)).loss
    )
    #expect(abs((more - less) / 0.04 - length) < 0.01 * length)
  }

  private func plainLoss(
    _ student: LanguageModel,
    _ teacher: LanguageModel,
    _ batch: TokenBatch
  ) throws -> Double {
    var sum = 0.0
    for window in batch.windows {
      func logits(_ model: LanguageModel) throws -> Tensor {
        let all = try Traversal(model, .testing()).logits(of: [window.tokens])
        let rows = window.firstTarget - 1..<window.tokens.count - 1
        return try all.reshaped([window.tokens.count, -1]).narrowed(0, to: rows)
      }
      func states(_ model: LanguageModel) throws -> [Int: Tensor] {
        var found: [Int: Tensor] = [:]
        _ = try Traversal(model, .testing()).forward(
          TokenSet([window], note: ""),
          candidates: []
        ) { found[$0.number] = $1[0].output }
        return found
      }
      let (mine, given) = (try logits(student), try logits(teacher))
      let targets = try Tensor(Array(window.tokens[window.firstTarget...]))
      let soft = try ((given * 0.5).logSoftmax(-1), (mine * 0.5).logSoftmax(-1))
      let divergence = try (soft.0.exp() * (soft.0 - soft.1)).sum(dtype: .float64).scalar()
      let data = try mine.crossEntropy(targets).sum(dtype: .float64).scalar()
      sum += 0.3 * data + 0.7 * 4 * divergence
      let (ours, theirs) = (try states(student), try states(teacher))
      for (block, state) in ours {
        let taught = try #require(theirs[block])
        let distances = try (state - taught).pow(2).sum([-1])
        let rows = window.firstTarget - 1..<window.tokens.count - 1
        let shares = try (distances / taught.pow(2).sum([-1])).narrowed(1, to: rows)
        sum += 0.3 * (try shares.sum(dtype: .float64).scalar())
      }
    }
    return sum
  }
}
