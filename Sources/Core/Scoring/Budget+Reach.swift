import BillhookFiles

extension Budget {
  /// What was asked for and what was reached, in the unit of the amount.
  package struct Reach: Sendable, Equatable {
    /// Both in words: `asked 614 units, reached 612`.
    package let text: String
    /// Whether they differ by more than one move.
    package let isMissed: Bool
  }

  /// How much of the amount some removed units make up; nil where the amount names them.
  package func reach(of removed: [PrunableUnit]) -> Reach? {
    switch goal {
    case .counts(let wanted):
      let kinds = units.map(\.granularity)
      let asked = kinds.map { wanted[$0] ?? 0 }
      let reached = kinds.map { granularity in removed.count { $0.granularity == granularity } }
      let counts = zip(asked, kinds.map(name)).map { count, name in
        name == "units" ? counted(count, "unit") : "\(count) \(name)"
      }
      return Reach(
        text: "asked " + counts.joined(separator: " and ")
          + ", reached " + reached.map(String.init).joined(separator: " and "),
        isMissed: kinds.indices.contains { index in
          abs(asked[index] - reached[index]) > largestMove(kinds[index]) { $0.stepSize }
        }
      )
    case .size(let wanted):
      let reached = removed.reduce(0) { $0 + cost($1) }
      let move = units.map { largestMove($0.granularity) { $0.stepSize *| cost($0) } }.max()
      return Reach(
        text: "asked \(Int(wanted.rounded())) \(measure.noun), reached \(reached)",
        isMissed: abs(wanted - Double(reached)) > Double(move ?? 0)
      )
    case .exactly: return nil
    }
  }

  /// The size of the largest move that may take units of a kind.
  private func largestMove(_ granularity: UnitGranularity, _ size: (BlockUnits) -> Int) -> Int {
    let sizes = blocks.filter { $0.granularity == granularity }.map(size)
    return isProportional && !hasUnknownShares ? sizes.reduce(0, +) : sizes.max() ?? 0
  }
}
