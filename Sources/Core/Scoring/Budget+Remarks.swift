extension Budget {
  /// Warnings about how an amount is met that a user may not expect, known before any scoring.
  ///
  /// - Parameter selection: A selection that is right in its size.
  /// - Returns: Sentences for warnings.
  /// - Throws: `BudgetError` when the allocation does not fit the units.
  package func remarks(on selection: Selection) throws(BudgetError) -> [String] {
    [remarkOnNothing(selection), try remarkOnShares(selection)].compactMap(\.self)
      + remarksOnMoves(selection.removed)
  }

  /// Why a kind of units gets nothing of a budget that several share.
  ///
  /// - Parameter removed: The units that go.
  /// - Returns: A sentence for each such kind; none where scores decide what each of them loses.
  package func reasons(for removed: [PrunableUnit]) -> [String] {
    guard isProportional, !hasUnknownShares, units.count > 1, !removed.isEmpty,
      case .size = goal
    else { return [] }
    return units.compactMap { unit in
      let movable = blocks.filter { $0.granularity == unit.granularity && $0.stepCount > 0 }
      guard !movable.isEmpty, !removed.contains(where: { $0.granularity == unit.granularity })
      else {
        return nil
      }
      let count = movable.reduce(0) { $0 + $1.gone(after: 1) }
      let all = unitCounts[unit.granularity] ?? 0
      return "no \(kind(of: unit.granularity)) goes: \(allocationText) takes "
        + "\(count) of \(all) at once, more than their share"
    }
  }

  /// Warns of kinds of units of which an even share of each block is far from what is asked for, as all
  /// blocks lose a unit at once.
  private func remarksOnMoves(_ removed: [PrunableUnit]) -> [String] {
    guard isProportional, !hasUnknownShares, case .counts(let wanted) = goal else { return [] }
    return units.compactMap { unit in
      let asked = wanted[unit.granularity] ?? 0
      let gone = removed.count { $0.granularity == unit.granularity }
      guard abs(gone - asked) * 2 > max(2, asked) else { return nil }
      let all = unitCounts[unit.granularity] ?? 0
      return "`\(amount)` is \(asked) of \(all) \(name(of: unit.granularity)), and \(gone) go: "
        + "\(allocationText) takes as many of each block; `allocate global` takes one by one"
    }
  }

  /// Warns of a size to come down to that is reached already, to within half a move.
  private func remarkOnNothing(_ selection: Selection) -> String? {
    guard case .downToParameters = amount, case .size(let wanted) = goal, wanted >= 1,
      selection.removed.isEmpty, let next = selection.next
    else { return nil }
    return "`\(amount)` removes nothing: \(Int(wanted)) parameters are to go, and at least \(next) "
      + "go at once"
  }

  /// Warns of blocks that would have to lose more than may go, so that others lose more instead.
  private func remarkOnShares(_ selection: Selection) throws(BudgetError) -> String? {
    guard let shares = try shares() else { return nil }
    var gone: [UnitGranularity: [Int: Int]] = [:]
    for unit in selection.removed {
      gone[unit.granularity, default: [:]][unit.block, default: 0] += 1
    }
    var short: [(units: BlockUnits, share: Double)] = []
    for unit in units {
      let parts = blocks.filter { $0.granularity == unit.granularity && shares[$0.block] > 0 }
      func key(_ units: BlockUnits, _ middle: Double) -> Double {
        middle / (Double(units.count) * shares[units.block])
      }
      // Every block has taken the steps that lie below this part of its share.
      let reached = parts.compactMap { units -> Double? in
        guard let count = gone[unit.granularity]?[units.block], count > 0 else { return nil }
        return key(units, Double(count) - Double(units.lastStep(upTo: count)) / 2)
      }.max()
      guard let reached else { continue }
      for units in parts {
        let most = units.removableCount
        guard gone[unit.granularity]?[units.block] ?? 0 == most,
          key(units, Double(most) + Double(units.stepSize) / 2) < reached
        else { continue }
        short.append((units, reached * shares[units.block]))
      }
    }
    guard let first = short.max(by: { $0.share < $1.share }) else { return nil }
    let rest = short.count - 1
    let others =
      rest > 0 ? ", and more than may go of \(rest) other block\(rest == 1 ? "" : "s")" : ""
    return "`\(amount)` by \(allocationText) asks for "
      + "\(Int((100 * first.share).rounded())) % of block \(first.units.block), of which "
      + "\(first.units.removableCount) of \(first.units.count) \(name(of: first.units.granularity)) may "
      + "go\(others); the rest is taken from other blocks"
  }
}

extension BlockUnits {
  /// The number of units of the last step among those that make up a count.
  fileprivate func lastStep(upTo count: Int) -> Int {
    let before = (0..<stepCount).last { gone(after: $0) < count } ?? 0
    return count - gone(after: before)
  }
}
