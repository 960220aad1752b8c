public import BillhookEngine
public import BillhookTorch

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

extension TokenLoss: TensorBundle {
  /// The sum in f64, and the number of tokens.
  public var tensors: [String: Tensor] {
    get throws { ["sum": try Tensor([sum]), "count": try Tensor([count])] }
  }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    self.init(sum: try tensors.number("sum"), count: try tensors.integer("count"))
  }
}
