import BillhookEngine
public import BillhookFiles
import BillhookRecipe

extension StepCount: ParameterValue {
  /// Steps or a percentage.
  public static var expectation: String { "a number of steps or a percentage such as 5%" }

  /// Reads `100` or `5%`.
  public init?(_ literal: Literal) {
    switch literal {
    case .number(let number):
      guard let steps = number.integer, steps >= 0 else { return nil }
      self = .steps(steps)
    case .percentage(let number):
      guard 0...100 ~= number.double else { return nil }
      self = .share(number.double / 100)
    default: return nil
    }
  }

  /// As a recipe writes it.
  public var literalText: String {
    switch self {
    case .steps(let count): "\(count)"
    case .share(let share): "\((100 * share).literalText)%"
    }
  }

  /// The number of steps, or the percentage.
  public var keyPart: JSON {
    switch self {
    case .steps(let count): ["steps": count.keyPart]
    case .share(let share): ["share": share.keyPart]
    }
  }
}
