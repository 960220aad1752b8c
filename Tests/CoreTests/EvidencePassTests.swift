import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Testing
import TestSupport

/// One pass gathers whatever is asked for, and gives what passes of their own give.
@Suite struct EvidencePassTests {
  /// The slope of each weight that ends a sub-layer, times the norm of what enters it.
  struct SlopeTimesNorm: SaliencyCriterion {
    static let name = "slope_times_norm"
    static let summary = "Gradients and activations together."
    let evidence: [any Evidence] = [InputMoments(), Gradients(), BlockSimilarity()]
    let reduction = SaliencyReduction(kinds: [.projection])

    func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
      let slope = try statistics.result(of: Gradients()).require(id.role)
      let norms = try statistics.result(of: InputMoments())
      let turn = try statistics.result(of: BlockSimilarity()).mean(around: .block)
      guard let moments = norms[id.role] else { return try slope * 0 }
      return try slope.to(.float64) * moments.norm() * turn
    }
  }

  /// Asks for the loss without a unit, which no weight has.
  struct LossOfWeights: SaliencyCriterion {
    static let name = "loss_of_weights"
    static let summary = "Asks for what weights have not."
    let evidence: [any Evidence] = [RemovalLosses()]

    func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) -> Tensor { weight }
  }

  /// Asks for gradients of all blocks at once.
  struct SlopeOfUnits: DirectCriterion {
    static let name = "slope_of_units"
    static let summary = "Asks for more than there is memory for."
    let evidence: [any Evidence] = [Gradients()]

    func scores(of units: [PrunableUnit], _ statistics: Statistics) -> [Double] {
      units.map { _ in 0 }
    }
  }

  private struct Observed {
    var gradients: [Int: LentWeights] = [:]
    var moments: [Int: [WeightRole: Moments]] = [:]
    var similarities: [Int: BlockSimilarity.Sums] = [:]
  }

  /// What two passes that know nothing of each other find.
  private func apart(_ golden: Golden, _ context: RunContext) throws -> Observed {
    var found = Observed()
    let gradients = Gradients()
    var slope: LentWeights?
    try Traversal(golden.model, context).backward(
      golden.tokens,
      kinds: [.projection],
      onePerBatch: false,
      visit: { _, batch in
        let new = try gradients.observe(batch)
        slope = try slope.map { try gradients.merge($0, new) } ?? new
      },
      leave: { step in
        found.gradients[step.number] = slope
        slope = nil
      }
    )
    var moments: [WeightRole: Moments]?
    var similarity: BlockSimilarity.Sums?
    _ = try Traversal(golden.model, context).sequential(
      golden.tokens,
      order: .none,
      observe: { _, batch in
        let new = try InputMoments().observe(batch)
        moments = try moments.map { try InputMoments().merge($0, new) } ?? new
        let cosines = try BlockSimilarity().observe(batch)
        similarity = try similarity.map { try BlockSimilarity().merge($0, cosines) } ?? cosines
      },
      change: { stage in
        found.moments[stage.number] = moments
        found.similarities[stage.number] = similarity
        (moments, similarity) = (nil, nil)
        return BlockChange()
      }
    )
    return found
  }

  @Test(arguments: ["llama-gqa", "phi3"])
  func togetherIsApart(name: String) throws {
    let golden = try Golden(name)
    var context = RunContext.testing()
    // So that several batches are merged.
    context.tokensAtOnce = 12
    let expected = try apart(golden, context)
    var seen: [Int] = []
    _ = try EvidencePass(
      [InputMoments(), Gradients(), InputMoments()],
      for: "a test",
      of: golden.model,
      on: golden.tokens,
      context
    )
    .blocks(kinds: [.projection]) { step, statistics in
      seen.append(step.number)
      let slope = try statistics.result(of: Gradients())
      let slopes = try #require(expected.gradients[step.number])
      #expect(slope.roles == slopes.roles && slope.roles.count == 7)
      for role in slope.roles {
        #expect(try slope.require(role).hasSameBytes(as: slopes.require(role)))
      }
      let moments = try statistics.result(of: InputMoments())
      for role in [WeightRole.output, .down] {
        let (one, other) = (try moments.require(role), expected.moments[step.number]?[role])
        #expect(one.count == other?.count)
        #expect(try one.mean.hasSameBytes(as: #require(other).mean))
        #expect(try one.variance().hasSameBytes(as: #require(other).variance()))
      }
      return [:]
    }
    #expect(seen == golden.model.blocks.map(\.sourceIndex).reversed())
  }

  @Test func aCriterionMayAskForGradientsAndActivations() throws {
    let golden = try Golden("llama-gqa")
    let context = RunContext.testing()
    let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
    let scoring = Scoring(golden.model, units, context)
    let measured = try scoring.measure(for: SlopeTimesNorm(), on: golden.tokens)
    let scores = try scoring.scores(by: SlopeTimesNorm(), from: measured)

    let found = try apart(golden, context)
    var expected: [[Double]] = [[], []]
    for block in golden.model.blocks {
      let number = block.sourceIndex
      let turn = try #require(found.similarities[number]).mean(around: .block)
      for (kind, role) in [WeightRole.output, .down].enumerated() {
        let slope = try #require(found.gradients[number]).require(role).to(.float64)
        let norm = try #require(found.moments[number]?[role]).norm()
        let columns = try (slope * norm).sum([0]).doubles().map { $0 * turn }
        let count = scores[kind].blocks.first { $0.block == number }?.count ?? 0
        let width = columns.count / max(1, count)
        expected[kind] += (0..<count).map { unit in
          columns[unit * width..<(unit + 1) * width].reduce(0, +)
        }
      }
    }
    for (found, expected) in zip(scores.map(\.values), expected) {
      #expect(found.count == expected.count && !found.isEmpty)
      #expect(differenceToScale(found, expected) < 1e-9)
    }
  }

  @Test func evidenceThatIsNotForIsRefusedByName() throws {
    let golden = try Golden("llama-gqa")
    func message(_ criterion: any Criterion) -> String {
      do {
        _ = try Scoring(golden.model, [Block()], .testing())
          .measure(for: criterion, on: golden.tokens)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      message(LossOfWeights()) == "evidence `removal_losses` is of units, while the criterion "
        + "`loss_of_weights` looks at weights"
    )
    #expect(
      message(SlopeOfUnits())
        == "evidence `gradients { aggregate = mean }` is of weights, while the "
        + "criterion `slope_of_units` scores units"
    )
  }
}
