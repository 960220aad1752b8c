@testable import BillhookEngine
import BillhookModels
import BillhookTorch
import Testing
import TestSupport

/// Learning from what a teacher predicted before.
@Suite struct KeptPredictionsTests {
  private func curve() throws -> TrainingCurve { try TrainingCurve("reverse", in: "distillation") }

  /// In whatever order windows come, in batches of whatever size, and with some held out.
  @Test func windowsAreFoundByTheirContents() throws {
    let curve = try curve()
    var settings = curve.settings
    (settings.shuffle, settings.steps, settings.batch, settings.heldOut) = (true, 7, 3, 2)
    settings.microBatch = 2
    try Fixture.withFolder { folder in
      let predictions = try curve.predictions(keeping: nil, in: folder)
      let kept = try curve.train(settings, in: "\(folder)/a", learningFrom: predictions).losses
      let running = try curve.train(settings, in: "\(folder)/b").losses
      #expect(kept.count == 7)
      #expect(relativeDifference(kept, running) < 1e-5)
    }
  }

  /// Where only answers count, what is kept is what is predicted of them.
  @Test func onlyCountedTokens() throws {
    let curve = try TrainingCurve("distill-answers")
    var lesson = curve.settings
    lesson.steps = 12
    try Fixture.withFolder { folder in
      let predictions = try curve.predictions(keeping: nil, in: folder)
      #expect(predictions.shape.count == curve.tokens.targetCount)
      let kept = try curve.train(lesson, in: "\(folder)/a", learningFrom: predictions, hidden: 0)
      let running = try curve.train(lesson, in: "\(folder)/b", hidden: 0).losses
      #expect(kept.losses.count == 12 && relativeDifference(kept.losses, running) < 1e-5)
    }
  }

  /// A training that is stopped goes on to the same losses.
  @Test func aStoppedTrainingGoesOn() throws {
    let curve = try curve()
    try Fixture.withFolder { folder in
      let predictions = try curve.predictions(keeping: 8, in: folder)
      let whole = try curve.train(in: "\(folder)/whole", learningFrom: predictions).losses
      #expect(throws: Cancelled.self) {
        try curve.train(in: "\(folder)/parts", learningFrom: predictions, stoppingAfter: 11)
      }
      let rest = try curve.train(in: "\(folder)/parts", learningFrom: predictions).losses
      #expect(rest == Array(whole.suffix(rest.count)) && rest.count < whole.count)
    }
  }

  @Test func predictionsOfOtherTokensAreRefused() throws {
    let curve = try curve()
    try Fixture.withFolder { folder in
      let predictions = try curve.predictions(keeping: 8, in: folder)
      let lesson = Distillation(keeping: 8, temperature: 1, share: 1)
      let fewer = TokenSet(Array(curve.tokens.windows.dropLast()), note: "")
      #expect(throws: TrainingError.self) { try lesson.learning(from: predictions, of: fewer) }
      let learning = try lesson.learning(from: predictions, of: curve.tokens)
      let other = TokenBatch(windows: [TokenWindow([5, 5, 5])])
      #expect(throws: TrainingError.self) { try learning.prepared(for: other, .testing()) }
      let known = TokenBatch(windows: [curve.tokens.windows[3], curve.tokens.windows[0]])
      _ = try learning.prepared(for: known, .testing())
      #expect(throws: TrainingError.self) { try lesson.prepared(for: known, .testing()) }
    }
  }

  /// What is kept at a temperature are the softened probabilities.
  @Test func aTemperatureSoftensWhatIsKept() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      func gathered(_ temperature: Double) throws -> Tensor {
        let found = try Traversal(golden.model, .testing()).gatherPredictions(
          on: golden.tokens,
          keeping: nil,
          temperature: temperature,
          in: "\(folder)/\(temperature)"
        )
        return try found.distributions(at: [0..<found.shape.count]).logProbabilities
      }
      let softened = try (gathered(1) * 0.4).logSoftmax(-1)
      #expect(try (gathered(2.5) - softened).abs().max().scalar() < 1e-5)
    }
  }
}
