/// Why an amount cannot be met.
public struct BudgetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was asked for and what there is.
  public let description: String
  /// Whether the model itself is too small, whichever units are pruned or kept.
  package let isAboutSize: Bool
  /// Whether what is kept is wrong, whatever the amount is.
  package let isAboutKeep: Bool
  /// What would be possible; nil where only another amount helps.
  package let advice: String?

  /// An error with both numbers in it.
  public init(_ description: String) {
    self.init(description, advice: nil)
  }

  package init(
    _ description: String,
    isAboutSize: Bool = false,
    isAboutKeep: Bool = false,
    advice: String? = nil
  ) {
    self.description = description
    self.isAboutSize = isAboutSize
    self.isAboutKeep = isAboutKeep
    self.advice = advice
  }
}
