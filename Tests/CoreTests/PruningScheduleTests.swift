@testable import BillhookCore
@testable import BillhookEngine
import Testing

/// When units go in a training, against numbers worked out by hand.
@Suite struct PruningScheduleTests {
  private func course(
    _ ramp: PruningSchedule.Ramp = .cubic,
    every: Int = 10,
    _ warmup: StepCount = .share(0.1),
    _ cooldown: StepCount = .share(0.1),
    of steps: Int = 1000
  ) throws -> PruningSchedule.Course {
    var schedule = PruningSchedule()
    (schedule.ramp, schedule.every) = (ramp, every)
    (schedule.warmup, schedule.cooldown) = (warmup, cooldown)
    return try schedule.course(of: steps)
  }

  /// LoRAPrune's numbers for half of all units: r(t) = r + (0 - r)·(1 - (t - w)/(T - w - c))³.
  @Test func theCurveIsCubic() throws {
    let course = try course()
    func ratio(_ step: Int) -> Double { 0.5 * course.share(after: step) }
    #expect([0, 50, 100].map(ratio) == [0, 0, 0])
    #expect(abs(ratio(200) - 0.165) < 5e-5)
    #expect(ratio(500) == 0.4375)
    #expect([900, 950, 999].map(ratio) == [0.5, 0.5, 0.5])
    #expect(abs(ratio(101) - 0.5 * (1 - (799.0 / 800) * (799.0 / 800) * (799.0 / 800))) < 1e-15)
  }

  @Test func orLinear() throws {
    let course = try course(.linear)
    #expect([100, 300, 500, 900].map(course.share) == [0, 0.25, 0.5, 1])
  }

  /// Every so many steps between warm-up and cool-down, and once where the cool-down begins.
  @Test func unitsGoEverySoManySteps() throws {
    let found = try course(every: 4, .steps(3), .steps(3), of: 20)
    #expect((0..<20).filter(found.isDue) == [4, 8, 12, 16, 17])
    let late = try course(every: 4, .steps(4), .steps(0), of: 20)
    #expect((0..<20).filter(late.isDue) == [8, 12, 16, 19])
    #expect([12, 19].map(late.share) == [1 - 0.125, 1])
  }

  @Test(arguments: [
    (10, StepCount.share(0.1), StepCount.share(0.1), 9, "every"),
    (10, .steps(0), .steps(0), 10, "every"),
    (10, .steps(10), .steps(0), 20, "every"),
    (1, .share(0.5), .share(0.5), 20, "warmup"),
    (1, .steps(30), .steps(0), 20, "warmup"),
    (1, .steps(0), .steps(0), 0, "warmup"),
    (1, .steps(0), .steps(0), 1, "every"),
  ])
  func whatLeavesNoStepIsRefused(
    every: Int,
    warmup: StepCount,
    cooldown: StepCount,
    steps: Int,
    parameter: String
  ) throws {
    let problem = #expect(throws: ParameterProblem.self) {
      try course(every: every, warmup, cooldown, of: steps)
    }
    #expect(problem?.parameter == parameter, "\(problem?.message ?? "")")
  }

  @Test func itIsToldAsItIsWritten() {
    var schedule = PruningSchedule()
    #expect(schedule.signature == "cubic")
    (schedule.every, schedule.warmup) = (5, .steps(7))
    #expect(schedule.signature == "cubic { every = 5, warmup = 7 }")
    var other = schedule
    other.ramp = .linear
    #expect(other.keyPart != schedule.keyPart)
    other = schedule
    other.warmup = .share(0.07)
    #expect(other.keyPart != schedule.keyPart)
  }
}
