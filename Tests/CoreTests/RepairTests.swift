import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Testing
import TestSupport

/// Biases that make up for what was cut.
@Suite struct RepairTests {
  /// The mean over all tokens of the hidden states at a place around block 0.
  private func mean(
    _ model: LanguageModel,
    _ tokens: TokenSet,
    _ place: (BlockActivations) -> Tensor
  ) throws -> [Double] {
    var sum: Tensor?
    var count = 0
    _ = try Traversal(model, .testing()).sequential(
      tokens,
      order: .none,
      observe: { step, batch in
        guard step.number == 0 else { return }
        let states = place(batch)
        let part = try states.sum([0, 1], dtype: .float64)
        sum = try sum.map { try $0 + part } ?? part
        count += states.shape[0] * states.shape[1]
      },
      change: { _ in BlockChange() }
    )
    return try #require(sum).doubles().map { $0 / Double(count) }
  }

  /// With the bias, what a projection adds is on average what it added before the cut.
  @Test(arguments: ["llama-gqa", "llama-tied-biases", "qwen2", "phi3", "mistral-window"])
  func theMeanOfTheOutputStays(name: String) throws {
    let golden = try Golden(name)
    let tokens = golden.tokens
    var heads = Gates()
    heads.close(heads: [0, 1], ofBlock: 0)
    if name == "llama-tied-biases" { heads.close(heads: [3], ofBlock: 0) }
    var channels = Gates()
    channels.close(channels: [0, 7, 11, 12, 13, 20], ofBlock: 0)
    let cases: [(Gates, (BlockActivations) -> Tensor)] = [
      (heads, { $0.between }), (channels, { $0.leaving }),
    ]
    try Fixture.withFolder { folder in
      for (gates, place) in cases {
        let cut = try golden.model.removing(gates)
        let context = RunContext.testing(scratch: folder)
        let repaired = try Repairing(golden.model, context)
          .repair(cut, by: BiasCompensation(), on: tokens)
        let expected = try mean(golden.model, tokens, place)
        // A bias is as exact as its type: of f16, to 2⁻¹¹.
        let type = try golden.model.weights.storedType(WeightID(.output, block: 0))
        let tolerance = type == .float16 ? 5e-4 : 1e-5
        #expect(differenceToScale(try mean(repaired, tokens, place), expected) < tolerance)
        #expect(differenceToScale(try mean(cut, tokens, place), expected) > 1e-3)
        // Only the lost inputs count, and a bias is as many numbers as its projection has rows.
        #expect(repaired.parameterCount > cut.parameterCount || name == "llama-tied-biases")
      }
    }
  }

  @Test func whatLostNothingIsLeftAlone() throws {
    let golden = try Golden("llama-gqa")
    let cut = try golden.model.removingBlocks([1])
    let repaired = try Repairing(golden.model, .testing())
      .repair(cut, by: BiasCompensation(), on: golden.tokens)
    #expect(repaired.parameterCount == cut.parameterCount)
  }

  /// The published code subtracts a mean that it has already updated; what is observed in parts
  /// has to be what is observed at once.
  @Test func momentsInPartsAreMomentsAtOnce() throws {
    let numbers = (0..<60).map { (place: Int) -> Float in
      let drawn: Int = place * 37 % 23
      return Float(drawn) - Float(place) / 7
    }
    let whole = try Moments(of: Tensor(numbers, shape: [1, 20, 3]))
    let parts = try [(0, 5), (5, 6), (6, 20)].map { start, end in
      try Moments(
        of: Tensor(Array(numbers[start * 3..<end * 3]), shape: [1, end - start, 3])
      )
    }
    let joined = try parts[1].joined(with: parts[2]).joined(with: parts[0])
    #expect(joined.count == 20)
    #expect(relativeDifference(try joined.mean.doubles(), try whole.mean.doubles()) < 1e-12)
    let variance = try whole.variance().doubles()
    #expect(relativeDifference(try joined.variance().doubles(), variance) < 1e-12)
    #expect(relativeDifference(try joined.norm().doubles(), try whole.norm().doubles()) < 1e-12)
    // By hand: 1, 3 and 8 have the mean 4 and the variance (9 + 1 + 16) / 2.
    let small = try Moments(of: Tensor([1, 3, 8] as [Float], shape: [3, 1, 1]))
    #expect(try small.mean.doubles() == [4])
    #expect(try small.variance().doubles() == [13])
    #expect(try abs(small.norm().doubles()[0] - Double(74).squareRoot()) < 1e-12)
  }
}
