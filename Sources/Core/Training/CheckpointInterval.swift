import BillhookRecipe

/// How often a training is saved: after some time, `10min`, or after some steps, `500`.
public enum CheckpointInterval: ParameterValue {
  case minutes(Double)
  case steps(Int)

  /// A time or steps.
  public static var expectation: String { "a time such as 10min or a number of steps" }

  private static let units = ["s": 1 / 60.0, "min": 1, "h": 60]

  /// Reads `10min` or `500`.
  public init?(_ literal: Literal) {
    switch literal {
    case .number(let number):
      guard let steps = number.integer, steps > 0 else { return nil }
      self = .steps(steps)
    case .quantity(let number, let unit):
      guard let minutes = Self.units[unit], number.double >= 0 else { return nil }
      self = .minutes(number.double * minutes)
    default: return nil
    }
  }

  /// As a recipe writes it.
  public var literalText: String {
    switch self {
    case .steps(let count): "\(count)"
    case .minutes(let minutes): "\((minutes * 1000).rounded() / 1000)min"
    }
  }

  /// Whether it is time, so many steps and seconds after the last time.
  func isDue(steps: Int, seconds: Double) -> Bool {
    switch self {
    case .steps(let count): steps >= count
    case .minutes(let minutes): seconds >= 60 * minutes
    }
  }
}
