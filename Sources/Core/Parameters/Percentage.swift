public import BillhookFiles
import BillhookRecipe

/// A share of a whole, written as a percentage: `70%`.
public struct Percentage: ParameterValue, Equatable {
  /// The number of hundredths.
  public let hundredths: Double

  /// Makes a percentage.
  public init(_ hundredths: Double) { self.hundredths = hundredths }

  /// Percentages.
  public static var expectation: String { "a percentage such as 70%" }

  /// Reads `70%`; negative ones and more than 100 are none.
  public init?(_ literal: Literal) {
    guard case .percentage(let number) = literal, (0...100).contains(number.double) else {
      return nil
    }
    hundredths = number.double
  }

  /// The percentage.
  public var literalText: String {
    let whole = hundredths.rounded()
    return whole == hundredths ? "\(Int(whole))%" : "\(hundredths)%"
  }

  /// The number of hundredths.
  public var keyPart: JSON { ["percent": hundredths.keyPart] }
}
