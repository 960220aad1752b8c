import BillhookEngine
public import BillhookFiles
import BillhookRecipe

extension CheckpointInterval: ParameterValue {
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
    case .minutes(let minutes): "\(minutes.literalText)min"
    }
  }

  /// The time or the steps.
  public var keyPart: JSON {
    switch self {
    case .minutes(let minutes): ["minutes": minutes.keyPart]
    case .steps(let count): ["steps": count.keyPart]
    }
  }
}
