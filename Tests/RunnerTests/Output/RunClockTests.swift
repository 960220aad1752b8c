import Testing

@testable import BillhookEngine
@testable import BillhookPipeline
@testable import BillhookRunner

/// The time that is left, from the plan and from what took how long.
@Suite struct RunClockTests {
  private let start = ContinuousClock.now

  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  private static func entry(_ stages: String...) -> Forecast.Entry {
    Forecast.Entry(outlook: stages.isEmpty ? .doneBefore : .ahead, stages: stages)
  }

  private static let forecast = Forecast(entries: [
    entry("evaluate"), entry("evidence", "evidence"), entry(), entry("evaluate"), entry("save"),
  ])

  @Test func nothingIsSaidOfWhatWasNeverSeen() {
    let clock = RunClock(after: [:])
    clock.take(.planned(Self.forecast), at: start)
    clock.take(.reached(step: 1, of: 5), at: start)
    clock.take(.began(stage: "evaluate"), at: start)
    #expect(clock.left(at: at(1)) == RunClock.Left())
    clock.take(.advanced(done: 1, of: 4), at: at(2))
    // 2 s for a quarter.
    #expect(clock.left(at: at(2)) == RunClock.Left(stage: 6))
  }

  @Test func whatTookHowLongBeforeAddsUp() {
    let clock = RunClock(after: ["evaluate": 8, "evidence": 100, "save": 4])
    clock.take(.planned(Self.forecast), at: start)
    clock.take(.reached(step: 1, of: 5), at: start)
    clock.take(.began(stage: "evaluate"), at: start)
    #expect(clock.left(at: at(2)) == RunClock.Left(stage: 6, run: 6 + 200 + 8 + 4))
    clock.take(.ended(stage: "evaluate", seconds: 10, result: ""), at: at(10))
    // Now an evaluation is known to take 10.
    clock.take(.reached(step: 2, of: 5), at: at(10))
    #expect(clock.left(at: at(10)) == RunClock.Left(stage: 0, run: 200 + 10 + 4))
    clock.take(.began(stage: "evidence"), at: at(10))
    clock.take(.advanced(done: 1, of: 2), at: at(40))
    #expect(clock.left(at: at(40)) == RunClock.Left(stage: 30, run: 30 + 100 + 10 + 4))
    clock.take(.ended(stage: "evidence", seconds: 60, result: ""), at: at(70))
    // A short stage that the forecast does not name.
    clock.take(.began(stage: "cut"), at: at(70))
    clock.take(.ended(stage: "cut", seconds: 0, result: ""), at: at(70))
    #expect(clock.left(at: at(70)).run == 74.0)
    clock.take(.reached(step: 5, of: 5), at: at(70))
    clock.take(.reused(stage: "save", result: ""), at: at(70))
    #expect(clock.left(at: at(70)) == RunClock.Left(stage: 0, run: 0))
  }

  /// A branch that failed leaves its steps behind.
  @Test func stepsThatAreSkippedDoNotCount() {
    let clock = RunClock(after: ["evaluate": 8, "evidence": 100, "save": 4])
    clock.take(.planned(Self.forecast), at: start)
    clock.take(.reached(step: 4, of: 5), at: start)
    #expect(clock.left(at: start).run == 12.0)
  }
}
