import Testing

@testable import BillhookCore
@testable import BillhookEngine

@Suite struct LearningRateTests {
  private func rates(
    _ schedule: LearningRate.Schedule,
    steps: Int,
    _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> [Double] {
    var settings = TrainingSettings()
    settings.learningRate = 1
    settings.schedule = schedule
    change(&settings)
    let rates = try LearningRate(settings, steps: steps)
    return (0..<steps).map(rates.rate)
  }

  /// `get_linear_schedule_with_warmup(2, 6)` of transformers.
  @Test func linearFallsToZeroAfterTheLastStep() throws {
    let found = try rates(.linear, steps: 6) { $0.warmup = .steps(2) }
    #expect(found == [0, 0.5, 1, 0.75, 0.5, 0.25])
  }

  /// `get_cosine_schedule_with_warmup(0, 4)` of transformers.
  @Test func cosineIsHalfAPeriod() throws {
    let found = try rates(.cosine, steps: 4) { $0.warmup = .steps(0) }
    for (found, expected) in zip(found, [1, 0.85355339, 0.5, 0.14644661]) {
      #expect(abs(found - expected) < 1e-8)
    }
  }

  @Test func constantStaysAndStableDecayFallsAtTheEnd() throws {
    #expect(try rates(.constant, steps: 3) { $0.warmup = .steps(1) } == [0, 1, 1])
    let found = try rates(.warmupStableDecay, steps: 10) {
      $0.warmup = .share(0.2)
      $0.decay = .steps(4)
      $0.finalShare = 0.2
    }
    let expected = [0, 0.5, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4]
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test func warmupIsAHundredStepsButAtMostATenth() throws {
    #expect(try rates(.linear, steps: 30)[0...3] == [0, 1 / 3.0, 2 / 3.0, 1])
    let long = try rates(.linear, steps: 5000)
    #expect(long[99] == 0.99 && long[100] == 1)
  }

  @Test func aWarmupLongerThanTheTrainingIsExplained() {
    var settings = TrainingSettings()
    settings.warmup = .steps(20)
    let error = #expect(throws: ParameterProblem.self) { try LearningRate(settings, steps: 10) }
    settings.schedule = .warmupStableDecay
    settings.warmup = .steps(.max)
    #expect(throws: ParameterProblem.self) { try LearningRate(settings, steps: 10) }
    #expect(
      error?.message
        == "20 steps of warm-up are more than the 10 steps of the training; shorten it, or train longer"
    )
  }

  @Test(arguments: [0.0001, 0.0004, 12.3456, 12.3459, 5])
  func sharesAreWrittenWithAllTheirDigits(percent: Double) {
    let share = StepCount.share(percent / 100)
    let written = Double(share.literalText.dropLast())
    #expect(abs((written ?? 0) - percent) < 1e-9)
  }
}
