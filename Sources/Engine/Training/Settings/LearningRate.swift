import BillhookFiles

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The learning rate of each step of a training, counted from 0.
///
/// It rises linearly from 0, and then follows the schedule. With a final share of 0 the schedules equal
/// those of transformers, `warmup_stable_decay` with `decay_type = linear` (`cosine` by default there);
/// the first step of a warm-up has a learning rate of 0. With another final share, `cosine` equals
/// `cosine_with_min_lr`; `warmup_stable_decay` does from the end of the warm-up on, which in transformers
/// rises from `min_lr_ratio`. `linear` has no such share there.
public struct LearningRate: Sendable {
  /// The schedule of the learning rate after the warm-up.
  public enum Schedule: String, Sendable, CaseIterable {
    /// Falls linearly.
    case linear
    /// Falls along half a period of a cosine.
    case cosine
    /// Stays constant.
    case constant
    /// Stays constant, and falls linearly in the last steps (Hu et al., MiniCPM, 2024).
    case warmupStableDecay = "warmup_stable_decay"
  }

  private let highest: Double
  private let schedule: Schedule
  private let warmup: Int
  private let decay: Int
  private let steps: Int
  private let finalShare: Double

  /// Makes the learning rates of a training of `steps` steps.
  ///
  /// - Throws: `ParameterProblem` when warm-up and decay are longer than the training.
  public init(_ settings: TrainingSettings, steps: Int) throws(ParameterProblem) {
    highest = settings.learningRate
    schedule = settings.schedule
    self.steps = steps
    finalShare = settings.finalShare
    warmup = settings.warmup?.count(of: steps) ?? min(100, steps / 10)
    decay = schedule == .warmupStableDecay ? settings.decay.count(of: steps) : 0
    guard decay <= steps, warmup <= steps - decay else {
      throw ParameterProblem(
        "warmup",
        "\(warmup) steps of warm-up"
          + (decay > 0 ? " and \(decay) of decay" : "")
          + " are more than the \(counted(steps, "step")) of the training; shorten it, or train longer"
      )
    }
  }

  /// The learning rate of a step.
  public func rate(at step: Int) -> Double {
    if step < warmup { return highest * Double(step) / Double(max(1, warmup)) }
    let share =
      switch schedule {
      case .constant: 1.0
      case .linear: left(at: step, from: warmup)
      case .cosine: 0.5 * (1 + cos(.pi * (1 - left(at: step, from: warmup))))
      case .warmupStableDecay: step < steps - decay ? 1 : left(at: step, from: steps - decay)
      }
    guard schedule != .constant else { return highest }
    return highest * (finalShare + (1 - finalShare) * share)
  }

  /// The share of the steps from `start` to the end that is left.
  private func left(at step: Int, from start: Int) -> Double {
    max(0, Double(steps - step) / Double(max(1, steps - start)))
  }
}
