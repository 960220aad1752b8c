import BillhookCore

/// Shares in proportion to a weight for each block: twice the weight, twice the share.
struct PerBlock: ProportionalAllocation {
  static let name = "per_block"
  static let summary = "Shares in proportion to a weight for each block, from a list or a file."

  /// A weight for each block of the opened model.
  var weights = BlockWeightList.list([])

  static let parameters = [
    Parameter<PerBlock>.argument(
      "weights",
      \.weights,
      help: "a number for each block of the opened model, or a file with one on each line"
    )
  ]

  /// The weights, from the list or the file.
  func shares(ofBlocks count: Int, _ statistics: Statistics) throws -> [Double] {
    let weights: [Double]
    do {
      weights = try self.weights.values()
    } catch {
      throw BudgetError("\(error)")
    }
    guard weights.count == count else {
      throw BudgetError(
        "`allocate per_block` needs a weight for each of the \(count) blocks of the opened model, "
          + "found \(weights.count)"
      )
    }
    return weights
  }
}
