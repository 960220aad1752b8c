import BillhookCore
import BillhookPipeline
import Synchronization

/// How long a stage and the whole run still take, by the plan and by how long stages took before.
///
/// There is no estimate while one of the stages that are left was never timed.
final class RunClock: Sendable {
  private let state: Mutex<State>

  /// What is left, in seconds; nil while that is unknown.
  struct Left: Equatable {
    var stage: Double?
    var run: Double?
  }

  fileprivate struct State {
    /// Seconds by the name of the stage, of this run where there are some.
    var seconds: [String: Double]
    var forecast: Forecast?
    /// The current step, counted from 1, and how many there are.
    var step = (number: 0, count: 0)
    /// The stages of the current step that are not over.
    var stages: [String] = []
    var stage: String?
    var began = ContinuousClock.now
    /// The part of the current stage that is done.
    var done = 0.0
    /// The step after which the current training began in this run.
    var firstStep: Int?
  }

  /// A clock for a run.
  ///
  /// - Parameter seconds: How long stages took in earlier runs, by name.
  init(after seconds: [String: Double]) { state = Mutex(State(seconds: seconds)) }

  /// What is left now.
  var left: Left { left(at: .now) }

  /// The current step, counted from 1, and how many there are.
  var step: (number: Int, count: Int) { state.withLock { $0.step } }

  /// Takes in which step begins.
  func take(_ event: PlanEvent, at now: ContinuousClock.Instant = .now) {
    state.withLock { state in
      switch event {
      case .planned(let forecast): state.forecast = forecast
      case .reached(let number, let count, _):
        state.stage = nil
        state.step = (number, count)
        state.stages = state.forecast?.entries.dropFirst(number - 1).first?.stages ?? []
      }
    }
  }

  /// Takes in what happened.
  func take(_ event: ProgressEvent, at now: ContinuousClock.Instant = .now) {
    state.withLock { state in
      switch event {
      case .began(let stage):
        state.stage = stage
        state.began = now
        state.done = 0
        state.firstStep = nil
        if let index = state.stages.firstIndex(of: stage) { state.stages.remove(at: index) }
      case .trained(let step):
        // A training that is resumed does not begin at its first step.
        let start = state.firstStep ?? step.step - 1
        state.firstStep = start
        state.done = Double(step.step - start) / Double(max(1, step.steps - start))
      case .advanced(let done, let count): state.done = Double(done) / Double(max(1, count))
      case .ended(let stage, let seconds, _):
        state.seconds[stage] = seconds
        state.stage = nil
      case .reused(let name, _):
        state.stage = nil
        state.stages.removeAll { $0 == name }
      case .note, .remark, .warning: break
      }
    }
  }

  /// What is left at a moment.
  func left(at now: ContinuousClock.Instant) -> Left {
    state.withLock { state in
      let stage = state.leftOfStage(at: now)
      return Left(stage: stage, run: state.leftOfRun(after: stage))
    }
  }
}

extension RunClock.State {
  /// Estimated from the part that is done; before any is, from how long the stage took the last
  /// time.
  fileprivate func leftOfStage(at now: ContinuousClock.Instant) -> Double? {
    guard let stage else { return 0 }
    let passed = (now - began).seconds
    guard done > 0 else { return seconds[stage].map { max(0, $0 - passed) } }
    return passed * (1 - done) / done
  }

  fileprivate func leftOfRun(after stage: Double?) -> Double? {
    guard var left = stage, let forecast else { return nil }
    let later = forecast.entries.dropFirst(step.number).flatMap(\.stages)
    for stage in stages + later {
      guard let time = seconds[stage] else { return nil }
      left += time
    }
    return left
  }
}
