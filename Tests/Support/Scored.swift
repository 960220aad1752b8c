public import BillhookCore

extension Scoring {
  /// The scores of the only kind of units, measured and made at once.
  public func scored(by criterion: any Criterion, on tokens: TokenSet?) throws -> Scores {
    try scores(by: criterion, from: measure(for: criterion, on: tokens))[0]
  }
}
