import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Foundation
import TestSupport
import Testing

/// Likeness equals an independent computation (Scripts/golden_likeness.py), to 1e-4 of each number.
@Suite struct LikenessGoldenTests {
  struct Case: Decodable {
    struct Window: Decodable {
      let tokens: [Int]
      let first_target: Int
    }

    struct Numbers: Decodable {
      let kl: Double
      let kl_error: Double
      let median: Double
      let quantiles: [Double]
      let same_top: Double
      let same_top_error: Double
      let change: Double
      let change_error: Double
      let rms_change: Double
      let rms_change_error: Double
      let missed: Double?
      let bound: Double?
      let rest: Double?
    }

    let removed: Set<Int>
    let windows: [Window]
    let likeness: [String: Numbers]

    var tokens: TokenSet {
      TokenSet(
        windows.map { TokenWindow($0.tokens, firstTarget: $0.first_target) },
        note: "windows"
      )
    }
  }

  static let names = ["llama-gqa", "gemma2", "tiny"]

  static func file(_ name: String) throws -> (model: LanguageModel, known: Case) {
    let url = URL(filePath: Fixture.path("likeness.json"))
    let cases = try JSONDecoder().decode([String: Case].self, from: Data(contentsOf: url))
    let path = Fixture.path(name == "tiny" ? "../../Examples/Models/tiny" : "models/\(name)")
    return (try LanguageModel(opening: path), try #require(cases[name]))
  }

  private func measure(
    _ name: String,
    keeping kept: KeptTokens,
    tokensAtOnce: Int? = nil
  ) throws -> [Metric] {
    let (model, known) = try Self.file(name)
    var gates = model.gates
    gates.closedBlocks = known.removed
    let cut = try model.removing(gates)
    var context = RunContext.testing()
    context.tokensAtOnce = tokensAtOnce
    var likeness = Likeness()
    likeness.kept = kept
    return try Fixture.withFolder { folder in
      let reference = try Traversal(model, context).gatherPredictions(
        on: known.tokens,
        keeping: kept.count,
        in: "\(folder)/predictions"
      )
      return try likeness.measure(cut, on: known.tokens, beside: reference, context)
    }
  }

  @Test(arguments: names, ["all", "64", "16", "4"])
  func equalsPyTorch(name: String, kept: String) throws {
    let known = try Self.file(name).known.likeness
    // Of a vocabulary of fewer than 64 tokens all are kept.
    guard let numbers = known[kept] ?? (kept == "64" ? known["all"] : nil) else { return }
    let metrics = try measure(name, keeping: Int(kept).map(KeptTokens.likeliest) ?? .all)
    let values = metrics.flatMap { [$0.value] + ($0.error.map { [$0] } ?? []) }
    let expected =
      [
        numbers.kl, numbers.kl_error, 100 * numbers.same_top, 100 * numbers.same_top_error,
        numbers.median,
      ] + numbers.quantiles
      + [
        numbers.change, numbers.change_error, numbers.rms_change, numbers.rms_change_error,
      ].map { 100 * $0 }
    #expect(relativeDifference(values, expected) < 1e-4)
  }

  /// Batches of another size round differently, and change nothing else.
  @Test func isTheSameInOtherBatches() throws {
    let values = try measure("gemma2", keeping: .likeliest(4)).map(\.value)
    let single = try measure("gemma2", keeping: .likeliest(4), tokensAtOnce: 1).map(\.value)
    #expect(relativeDifference(single, values) < 1e-4)
  }

  /// What a mass of others leaves out is what the formula says, and at most its bound.
  @Test(arguments: names, [1, 4, 16])
  func leavesOutNoMoreThanTheBound(name: String, kept: Int) throws {
    let (model, known) = try Self.file(name)
    var gates = model.gates
    gates.closedBlocks = known.removed
    let cut = try model.removing(gates)
    func predictions(
      _ model: LanguageModel,
      _ kept: Predictions.Kept
    ) throws -> [Predictions] {
      var found: [Predictions] = []
      try Traversal(model, .testing()).predict(known.tokens) { seen in
        for part in try seen.parts { found.append(try Predictions(part, keeping: kept)) }
      }
      return found
    }
    let given = try predictions(model, .likeliest(kept))
    let whole = try predictions(model, .all)
    let found = try predictions(cut, .all)
    var (place, missedAny) = (0, false)
    for (given, (whole, found)) in zip(given, zip(whole, found)) {
      let tokens = try #require(given.tokens)
      // All others of the measured model, by summing its probabilities.
      let probabilities = try found.logProbabilities.to(.float64).exp()
      let none = try Tensor.zeros(tokens.shape, dtype: .float64)
      let others = try probabilities.scattering(-1, tokens, from: none).sum([-1])
      let grouped = Predictions(
        top: found.top,
        tokens: tokens,
        logProbabilities: try found.logProbabilities.gathering(-1, tokens),
        rest: try others.log().to(.float32),
        targets: found.targets
      )
      let exact = try whole.divergences(of: found).doubles()
      let kept = try given.divergences(of: grouped).doubles()
      let rest = try #require(given.rest).doubles()
      let least = try given.logProbabilities.to(.float64).narrowed(
        -1,
        to: tokens.shape[1] - 1..<tokens.shape[1]
      ).reshaped([-1]).doubles()
      let lowest = try (-(-found.logProbabilities).max(-1)).doubles()
      let massOfOthers = try others.log().doubles()
      for row in exact.indices {
        let missed = exact[row] - kept[row]
        let bound =
          exp(rest[row]) * (min(0, least[row] - rest[row]) + massOfOthers[row] - lowest[row])
        #expect(missed > -1e-5)
        #expect(missed < bound + 1e-5)
        missedAny = missedAny || missed > 1e-4
        place += 1
      }
    }
    #expect(place == known.tokens.targetCount)
    #expect(missedAny)
  }

  /// A model beside itself: no divergence, the same top token everywhere, no change, to the bit.
  @Test(arguments: names, [KeptTokens.likeliest(4), .all])
  func isPerfectBesideItself(name: String, kept: KeptTokens) throws {
    let (model, known) = try Self.file(name)
    var likeness = Likeness()
    likeness.kept = kept
    let metrics = try Fixture.withFolder { folder in
      let reference = try Traversal(model, .testing()).gatherPredictions(
        on: known.tokens,
        keeping: kept.count,
        in: "\(folder)/predictions"
      )
      return try likeness.measure(model, on: known.tokens, beside: reference, .testing())
    }
    #expect(metrics.map(\.value) == [0, 100, 0, 0, 0, 0, 0, 0])
    #expect(metrics.compactMap(\.error) == [0, 0, 0, 0])
  }

  @Test func refusesToMeasureWithoutAReference() throws {
    let (model, known) = try Self.file("llama-gqa")
    #expect(throws: DataError.self) {
      try Likeness().measure(model, on: known.tokens, .testing())
    }
  }
}
