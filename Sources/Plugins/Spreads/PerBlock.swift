import BillhookCore

/// Shares in proportion to a weight for each block: where the weight is double, the share is.
struct PerBlock: Spread {
  static let name = "per_block"
  static let summary = "Shares in proportion to a weight for each block, from a list or a file."
  static let isProportional = true

  /// A weight for each block of the opened model.
  var weights = BlockWeightList.list([])

  static let parameters = [
    Parameter<PerBlock>.argument(
      "weights",
      \.weights,
      help: "a number for each block of the opened model, or a file with one on each line"
    )
  ]

  /// Blocks take their next step when their share is in proportion.
  func moves(_ rankings: [Ranking], blocks: Int) throws(BudgetError) -> [[Int]] {
    let weights = try weightList(ofBlocks: blocks)
    let moves = try proportionalMoves(rankings, spread: Self.name) { weights[$0] }
    guard !moves.isEmpty || rankings.allSatisfy({ $0.stepCount == 0 }) else {
      throw BudgetError(
        weights.allSatisfy { $0 == 0 }
          ? "`spread per_block` leaves nothing that may go: all weights are 0"
          : "`spread per_block` leaves nothing that may go: every block in which some may go has "
            + "the weight 0"
      )
    }
    return moves
  }

  /// The weights, from the list or the file.
  func weights(ofBlocks count: Int) throws(BudgetError) -> [Double]? {
    try weightList(ofBlocks: count)
  }

  private func weightList(ofBlocks count: Int) throws(BudgetError) -> [Double] {
    let weights: [Double]
    do {
      weights = try self.weights.values()
    } catch {
      throw BudgetError("\(error)")
    }
    guard weights.count == count else {
      throw BudgetError(
        "`spread per_block` needs a weight for each of the \(count) blocks of the opened model, "
          + "found \(weights.count)"
      )
    }
    return weights
  }
}
