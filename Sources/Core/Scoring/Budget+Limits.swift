import BillhookModels
import BillhookRecipe

extension Budget {
  /// Checks what no scores could change: that the model has as much as is asked for, and that as
  /// much may go.
  ///
  /// - Parameters:
  ///   - all: The units of the model, kept ones too.
  ///   - model: The model as it stands.
  ///   - opened: The model as it was opened.
  ///   - size: The size of the model, where the amount is one of size.
  /// - Throws: `BudgetError` with what is asked for and what there is.
  func checkThatItFits(
    _ all: [BlockUnits],
    of model: LanguageModel,
    opened: LanguageModel,
    size: Int?
  ) throws(BudgetError) {
    switch goal {
    case .counts(let counts):
      for unit in units {
        guard let count = counts[unit.granularity] else { continue }
        try check(count, of: unit.granularity)
      }
    case .size(let wanted):
      var removable = blocks.reduce(0) { $0 + $1.removableCount * cost($1) }
      if measure.isBound, coversAll(of: model) { removable -= blocks.map(cost).min() ?? 0 }
      guard wanted > Double(removable) else { return }
      if measure.isBound, let size {
        throw BudgetError(
          "`\(amount)` cannot be met: \(size) bytes are there, and "
            + (keep == Keep() ? "what has to stay" : "`\(keep)`")
            + " leaves at least \(size - removable)"
        )
      }
      throw BudgetError(
        "`\(amount)` asks for \(Int(wanted)) parameters, but "
          + (keep == Keep() ? "the units that may go have" : "`\(keep)` leaves")
          + " only \(removable)" + (keep == Keep() ? "" : " that may go")
      )
    case .exactly(let numbers): try check(numbers, all, opened)
    }
  }

  /// Whether nothing of any block would be left if all went that may.
  private func coversAll(of model: LanguageModel) -> Bool {
    let kinds = Dictionary(grouping: blocks, by: \.block).mapValues { Set($0.map(\.granularity)) }
    return model.blocks.allSatisfy { block in
      let gone = kinds[block.sourceIndex] ?? []
      return gone.contains(.block)
        || (block.attention == nil || gone.contains(.attention))
          && (block.mlp == nil || gone.contains(.mlp))
    }
  }

  private func check(_ count: Int, of granularity: UnitGranularity) throws(BudgetError) {
    let all = unitCounts[granularity] ?? 0
    let free = blocks.reduce(0) { $0 + ($1.granularity == granularity ? $1.removableCount : 0) }
    let name = name(of: granularity)
    if count > free {
      let isKept = keep != Keep()
      throw BudgetError(
        isKept || free < all
          ? "`\(amount)` asks for \(count) of \(all) \(name), but "
            + (isKept ? "`\(keep)`" : "what has to stay in each block")
            + " leaves only \(free) that may go"
          : "`\(amount)` asks for \(count) \(name), but there are only \(all)"
      )
    }
    if count == all, all > 0 {
      throw BudgetError(
        "`\(amount)` would leave no unit at all of \(all)",
        isAboutSize: true
      )
    }
  }

  /// Reports that the allocation leaves less than is asked for.
  func checkThatAllocationSuffices(_ lacking: Lacking) throws(BudgetError) {
    switch lacking {
    case .units(let granularity, let asked, let free):
      throw BudgetError(
        "`\(amount)` asks for \(asked) of \(unitCounts[granularity] ?? 0) \(name(of: granularity)), but "
          + "\(allocationText) leaves only \(free) that may go"
      )
    case .size(let asked, let free):
      throw BudgetError(
        "`\(amount)` asks for \(Int(asked)) \(measure.noun), but \(allocationText) leaves only \(free) "
          + "that may go"
      )
    }
  }

  /// What is asked for and what there is, where an allocation takes all that it may and it is not
  /// enough.
  enum Lacking {
    case units(UnitGranularity, asked: Int, free: Int)
    case size(asked: Double, free: Int)
  }

  /// Refuses a share that comes to nothing: nobody asks for nothing.
  ///
  /// A size to come down to may be the one that there is, and which kinds share a budget of
  /// parameters is up to scores and allocation.
  func checkRounding(
    _ removed: [PrunableUnit],
    _ moves: [[Int]],
    _ rankings: [Ranking]
  ) throws(BudgetError) {
    switch amount {
    case .percentOfUnits(let share) where share.double > 0:
      for unit in units { try checkRounding(of: [unit.granularity], removed, moves, rankings) }
    case .units(let count) where count > 0:
      try checkRounding(of: units.map(\.granularity), removed, moves, rankings)
    case .percentOfParameters(let share) where share.double > 0:
      try checkRounding(of: units.map(\.granularity), removed, moves, rankings)
    case .downToUnits:
      guard case .counts(let counts) = goal, counts.values.contains(where: { $0 > 0 }) else {
        return
      }
      try checkRounding(of: units.map(\.granularity), removed, moves, rankings)
    default: return
    }
  }

  private func checkRounding(
    of granularities: [UnitGranularity],
    _ removed: [PrunableUnit],
    _ moves: [[Int]],
    _ rankings: [Ranking]
  ) throws(BudgetError) {
    guard !removed.contains(where: { granularities.contains($0.granularity) }),
      let first = smallestMove(of: granularities, moves, rankings)
    else { return }
    let count = first.reduce(0) { $0 + rankings[$1].step(0).count }
    let parameters = first.reduce(0) { sum, index in
      sum + rankings[index].step(0).count * rankings[index].units.parameterCount
    }
    let all = granularities.reduce(0) { $0 + (unitCounts[$1] ?? 0) }
    let share = (1000 * Double(count) / Double(max(1, all))).rounded() / 10
    let isOneOfSeveral = granularities.count < units.count
    let kind = isOneOfSeveral ? " for \(name(of: granularities[0]))" : ""
    throw BudgetError(
      "`\(amount)` comes to nothing\(kind): \(allocationText) takes at least \(count) of "
        + "\(all) units (\(share) %, \(parameters) parameters)",
      isAboutSize: true,
      advice: isOneOfSeveral
        ? "prune the others alone, or let all share a budget: `\(amount) of parameters`" : nil
    )
  }

  /// The smallest move, where even that is more than twice what is asked for; nil where it would
  /// do, and only the scores put another move first.
  private func smallestMove(
    of granularities: [UnitGranularity],
    _ moves: [[Int]],
    _ rankings: [Ranking]
  ) -> [Int]? {
    let parts = moves.lazy.map {
      $0.filter { granularities.contains(rankings[$0].units.granularity) }
    }
    .filter { !$0.isEmpty }
    guard !isProportional || hasUnknownShares else { return parts.first }
    func size(_ move: [Int]) -> Int {
      move.reduce(0) { sum, index in
        let units = rankings[index].step(0).count
        if case .size = goal { return sum + units * cost(rankings[index].units) }
        return sum + units
      }
    }
    guard let least = parts.min(by: { size($0) < size($1) }) else { return nil }
    let wanted: Double =
      switch goal {
      case .counts(let counts): Double(granularities.reduce(0) { $0 + (counts[$1] ?? 0) })
      case .size(let size): size
      case .exactly: 0
      }
    return Double(size(least)) / 2 > wanted ? least : nil
  }

  private func check(
    _ numbers: Set<Int>,
    _ all: [BlockUnits],
    _ opened: LanguageModel
  ) throws(BudgetError) {
    let present = Set(all.flatMap(\.all).map(\.number))
    if let missing = numbers.subtracting(present).min() {
      let last = units.flatMap { $0.units(of: opened) }.last.map { $0.unit($0.count - 1).number }
      throw BudgetError(
        "`\(amount)` names unit \(missing), "
          + (last.map { missing > $0 ? "but the last one is \($0)" : "which is gone already" }
            ?? "but the model has none")
      )
    }
    let free = Set(blocks.flatMap(\.all).map(\.number))
    if let kept = numbers.subtracting(free).min() {
      throw BudgetError("`\(amount)` names unit \(kept), which `\(keep)` keeps")
    }
    for units in blocks {
      let gone = units.places.indices.filter { numbers.contains(units.start + units.places[$0]) }
      guard !gone.isEmpty else { continue }
      guard units.count - gone.count >= units.minimum else {
        throw BudgetError(
          "`\(amount)` takes \(gone.count) of the \(units.count) units of block \(units.block), "
            + "where at least \(units.minimum) have to stay"
        )
      }
      let size = units.count / units.sets
      let perSet = (0..<units.sets).map { set in gone.count { $0 / size == set } }
      guard Set(perSet).count == 1 else {
        throw BudgetError(
          "`\(amount)` takes \(perSet.map(String.init).joined(separator: ", ")) query heads from "
            + "the KV groups of block \(units.block); every group has to lose equally many"
        )
      }
      guard (units.count - gone.count) % units.multiple == 0 else {
        throw BudgetError(
          "`\(amount)` leaves \(units.count - gone.count) units in block \(units.block), which is "
            + "no multiple of \(units.multiple)"
        )
      }
    }
  }
}
