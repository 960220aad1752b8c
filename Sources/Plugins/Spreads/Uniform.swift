import BillhookCore

/// The same share of its units from every block.
struct Uniform: Spread {
  static let name = "uniform"
  static let summary = "The same share from every block, so that all blocks stay alike."
  static let isProportional = true

  /// Blocks take their next step together.
  func moves(_ rankings: [Ranking], blocks: Int) throws(BudgetError) -> [[Int]] {
    try proportionalMoves(rankings, spread: Self.name) { _ in 1 }
  }

  /// All blocks weigh the same.
  func weights(ofBlocks count: Int) -> [Double]? { Array(repeating: 1, count: count) }
}
