import BillhookEngine

/// The loss over the calibration set with one unit switched off, for each unit.
///
/// The model is neither rebuilt nor copied: units are switched off by gates.
public struct RemovalLosses: RemovalEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "removal_losses"
  /// What it measures.
  public static let summary = "The calibration loss of the model without a unit, for each unit."

  /// No settings.
  public init() {}

  /// The loss as it is.
  public func observe(_ loss: TokenLoss) throws -> TokenLoss { loss }

  /// The loss over the tokens of both.
  public func merge(_ one: TokenLoss, _ other: TokenLoss) throws -> TokenLoss { one + other }

  /// The loss over all tokens.
  public func finish(_ partial: TokenLoss) throws -> TokenLoss { partial }
}
