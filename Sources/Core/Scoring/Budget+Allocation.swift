extension Budget {
  /// Whether each block loses a share of its units that does not depend on scores.
  package var isProportional: Bool { allocation is any ProportionalAllocation }

  /// Whether the allocation's shares wait for something that is not measured yet.
  package var hasUnknownShares: Bool {
    guard let allocation = allocation as? any ProportionalAllocation else { return false }
    return givenShares == nil && !allocation.evidence.isEmpty
  }

  /// What has to be measured before it is known how much each block loses, in words; nil where that is
  /// known, or up to scores.
  package var unknownShares: String? {
    guard hasUnknownShares, let allocation = allocation as? any ProportionalAllocation else {
      return nil
    }
    let names = allocation.evidence.map { type(of: $0).name }.joined(separator: " and ")
    return "each block's share is known when \(names) is measured"
  }

  /// The allocation as messages quote it.
  var allocationText: String { "`allocate \(type(of: allocation).name)`" }

  /// The share of each block of the opened model; nil where scores decide, or as long as shares are
  /// unknown.
  ///
  /// - Throws: `BudgetError` when the allocation has no usable shares for the model.
  func shares() throws(BudgetError) -> [Double]? {
    guard let allocation = allocation as? any ProportionalAllocation, !hasUnknownShares else {
      return nil
    }
    let shares: [Double]
    if let givenShares {
      shares = givenShares
    } else {
      shares = try allocation.checkedShares(ofBlocks: openedBlocks, Statistics())
    }
    return try allocation.checkedShares(shares, sizes: wholeSizes, for: wholeAmount)
  }

  /// The moves of the allocation, all of which name rankings that there are.
  func checkedMoves(_ rankings: [Ranking]) throws(BudgetError) -> [[Int]] {
    if isProportional { return try proportionalMoves(rankings) }
    guard let ranked = allocation as? any RankedAllocation else {
      throw BudgetError(
        "\(allocation.label): is neither a RankedAllocation nor a ProportionalAllocation"
      )
    }
    let moves = try ranked.moves(rankings)
    if let wrong = moves.joined().first(where: { !rankings.indices.contains($0) }) {
      throw BudgetError(
        "\(allocation.label): a move takes ranking \(wrong), but there are only \(rankings.count)"
      )
    }
    return moves
  }

  /// The order of steps in which each block's part stays in proportion to its share: moves of
  /// rankings that reach their next step at once.
  private func proportionalMoves(_ rankings: [Ranking]) throws(BudgetError) -> [[Int]] {
    for units in rankings.map(\.units) {
      switch units.granularity {
      case .block, .attention, .mlp:
        throw BudgetError(
          "\(allocationText) takes a share of each block's units, but each has only one "
            + "`\(units.kind)`; write `allocate global`"
        )
      case .heads, .channels, .weight: break
      }
    }
    guard let shares = try shares() else {
      // With any shares steps are taken one by one, unless two happen to be due at once.
      return moves(rankings, by: Array(repeating: 1, count: openedBlocks)).flatMap { move in
        move.map { [$0] }
      }
    }
    let moves = moves(rankings, by: shares)
    // What is left after a round may be nothing, or less than any move.
    guard !moves.isEmpty || isRest || rankings.allSatisfy({ $0.stepCount == 0 }) else {
      let reason =
        shares.allSatisfy { $0 == 0 }
        ? "all shares are 0" : "every block in which some may go has the share 0"
      throw BudgetError("\(allocationText) leaves nothing that may go: \(reason)")
    }
    return moves
  }

  private func moves(_ rankings: [Ranking], by shares: [Double]) -> [[Int]] {
    let most = (allocation as? any ProportionalAllocation)?.most ?? 1
    var moves: [Double: [Int]] = [:]
    for (index, ranking) in rankings.enumerated() where shares[ranking.units.block] > 0 {
      let units = ranking.units
      // Rounds go on where the one before ended, so they come to what one round would.
      let before = Double(ranking.goneBefore)
      let whole = before + Double(units.count)
      // Shares of decimals, such as 0.95 of 20, are whole numbers only to rounding.
      let limit = most * whole * (1 + 1e-12)
      for step in 0..<units.stepCount where before + Double(units.gone(after: step + 1)) <= limit {
        // A block takes a step when its share is past the middle of it.
        let middle = before + Double(units.gone(after: step) + units.gone(after: step + 1)) / 2
        moves[middle / (whole * shares[units.block]), default: []].append(index)
      }
    }
    return moves.sorted { $0.key < $1.key }.map(\.value)
  }
}
