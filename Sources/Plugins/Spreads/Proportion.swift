import BillhookCore

/// The order of steps in which each block's share stays in proportion to its weight.
///
/// - Parameters:
///   - rankings: The units of each block.
///   - spread: The name of the spread, for messages.
///   - weight: The weight of a block; nothing goes from one with 0.
/// - Returns: Moves: rankings that reach their next step at the same share.
/// - Throws: `BudgetError` when a block is one unit, of which no share can be taken.
func proportionalMoves(
  _ rankings: [Ranking],
  spread: String,
  weight: (_ block: Int) -> Double
) throws(BudgetError) -> [[Int]] {
  var moves: [Double: [Int]] = [:]
  for (index, ranking) in rankings.enumerated() {
    let units = ranking.units
    switch units.extent {
    case .block, .attention, .mlp:
      throw BudgetError(
        "`spread \(spread)` takes a share of each block's units, but each has only one "
          + "`\(units.kind)`; write `spread global`"
      )
    case .heads, .channels: break
    }
    let weight = weight(units.block)
    guard weight > 0 else { continue }
    // Rounds go on where the one before ended, so they come to what one round would.
    let before = Double(ranking.goneBefore)
    let whole = before + Double(units.count)
    for step in 0..<units.stepCount {
      // A block takes a step when its share is past the middle of it.
      let middle = before + Double(units.gone(after: step) + units.gone(after: step + 1)) / 2
      moves[middle / (whole * weight), default: []].append(index)
    }
  }
  return moves.sorted { $0.key < $1.key }.map(\.value)
}
