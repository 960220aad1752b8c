import BillhookTorch
@testable import BillhookEngine
import Foundation
import Testing
import TestSupport

@Suite struct SamplingTests {
  /// Probabilities 0.5, 0.2, 0.15, 0.1, 0.05 in another order.
  private static let logits: [Double] = [0.1, 0.5, 0.05, 0.2, 0.15].map(log)

  private func candidates(_ sampling: Sampling) throws -> [Int: Double] {
    let found = try sampling.candidates(Tensor(Self.logits))
    return Dictionary(uniqueKeysWithValues: zip(found.tokens, found.probabilities))
  }

  private func expect(_ found: [Int: Double], _ expected: [Int: Double]) {
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (token, probability) in expected {
      #expect(abs((found[token] ?? 0) - probability) < 1e-9, "token \(token)")
    }
  }

  @Test func withoutLimitsEveryTokenKeepsItsProbability() throws {
    expect(
      try candidates(Sampling(temperature: 1)),
      [0: 0.1, 1: 0.5, 2: 0.05, 3: 0.2, 4: 0.15]
    )
  }

  @Test func topKKeepsTheLikeliest() throws {
    expect(try candidates(Sampling(temperature: 1, topK: 2)), [1: 5 / 7, 3: 2 / 7])
    #expect(try candidates(Sampling(temperature: 1, topK: 99)).count == 5)
  }

  @Test func topPKeepsTheFewestThatHoldTheShare() throws {
    expect(try candidates(Sampling(temperature: 1, topP: 0.6)), [1: 5 / 7, 3: 2 / 7])
    expect(try candidates(Sampling(temperature: 1, topP: 0.01)), [1: 1])
    #expect(try candidates(Sampling(temperature: 1, topP: 1)).count == 5)
  }

  @Test func topPIsAShareOfWhatTopKLeaves() throws {
    // Of 0.5, 0.2 and 0.15, the first two hold 0.82.
    expect(try candidates(Sampling(temperature: 1, topK: 3, topP: 0.8)), [1: 5 / 7, 3: 2 / 7])
  }

  @Test func temperatureSquaresOdds() throws {
    // At 0.5 probabilities are squared: 0.25, 0.04, 0.0225, 0.01, 0.0025 of 0.325.
    expect(
      try candidates(Sampling(temperature: 0.5, topK: 2)),
      [1: 0.25 / 0.29, 3: 0.04 / 0.29]
    )
  }

  @Test func drawsFollowTheProbabilities() throws {
    let generator = try Generator(seed: 5)
    let logits = try Tensor(Self.logits)
    var counts = [Int](repeating: 0, count: 5)
    for _ in 0..<2000 {
      counts[try Sampling(temperature: 1, topP: 0.9).choose(from: logits, generator)] += 1
    }
    // Token 2 is left out; the others have 0.1, 0.5, 0.2 and 0.15 of 0.95.
    #expect(counts[2] == 0)
    for (token, share) in [(0, 0.1), (1, 0.5), (3, 0.2), (4, 0.15)] {
      #expect(abs(Double(counts[token]) / 2000 - share / 0.95) < 0.04, "token \(token)")
    }
  }

  @Test func withoutTemperatureTheLikeliestIsTaken() throws {
    #expect(try Sampling().choose(from: Tensor(Self.logits), Generator(seed: 1)) == 1)
  }
}
