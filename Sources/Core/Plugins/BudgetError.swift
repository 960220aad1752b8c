/// Why an amount cannot be met.
public struct BudgetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was asked for and what there is.
  public let description: String
  /// Whether the model itself is too small, whichever units are pruned or kept.
  package let isAboutSize: Bool
  /// What would be possible; nil where only another amount helps.
  package let advice: String?

  /// An error with both numbers in it.
  public init(_ description: String) {
    self.init(description, isAboutSize: false)
  }

  package init(_ description: String, isAboutSize: Bool, advice: String? = nil) {
    self.description = description
    self.isAboutSize = isAboutSize
    self.advice = advice
  }
}
