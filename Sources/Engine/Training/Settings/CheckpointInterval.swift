/// How often a training is saved: after some time, `10min`, or after some steps, `500`.
public enum CheckpointInterval: Sendable, Equatable {
  /// After so many minutes.
  case minutes(Double)
  /// After so many steps.
  case steps(Int)

  /// Whether a checkpoint is due, after this many steps and seconds since the last one.
  func isDue(steps: Int, seconds: Double) -> Bool {
    switch self {
    case .steps(let count): steps >= count
    case .minutes(let minutes): seconds >= 60 * minutes
    }
  }
}
