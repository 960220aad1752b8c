/// Says where a budget falls: which units of which blocks go first.
public protocol Spread: Plugin {
  /// Whether each block loses a share of its units that does not depend on scores.
  static var isProportional: Bool { get }

  /// The order in which steps are taken until the budget is met.
  ///
  /// - Parameters:
  ///   - rankings: The units of each block, and of each kind, with the steps that can be taken.
  ///   - blocks: The number of blocks of the model as it was opened.
  /// - Returns: Moves, each a list of rankings that take their next step together.
  /// - Throws: `BudgetError` when the spread does not fit the units.
  func moves(_ rankings: [Ranking], blocks: Int) throws(BudgetError) -> [[Int]]

  /// What the shares of the blocks are in proportion to; nil where they follow no weights.
  ///
  /// - Parameter count: The number of blocks of the model as it was opened.
  /// - Returns: A weight of at least 0 for each of them.
  /// - Throws: `BudgetError` when the weights cannot be read.
  func weights(ofBlocks count: Int) throws(BudgetError) -> [Double]?
}

extension Spread {
  /// Spreads stand behind `spread`.
  public static var kind: PluginKind { .spread }

  /// No weights.
  public func weights(ofBlocks count: Int) throws(BudgetError) -> [Double]? { nil }
}
