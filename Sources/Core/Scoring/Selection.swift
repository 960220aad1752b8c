import BillhookModels

/// The units that go.
public struct Selection: Sendable, Equatable {
  /// The units, in the order in which they go.
  public let removed: [PrunableUnit]
  /// The counts of units after which a move is over: the budget is never met in the middle of one.
  let ends: [Int]
  /// The parameters that the next move would take; nil when none is left.
  package let next: Int?

  package init(removed: [PrunableUnit], ends: [Int], next: Int? = nil) {
    self.removed = removed
    self.ends = ends
    self.next = next
  }

  /// The numbers of the units, sorted.
  public var numbers: [Int] { removed.map(\.number).sorted() }

  /// The parameters that go with them.
  public var parameterCount: Int { removed.reduce(0) { $0 + $1.parameterCount } }

  /// The parameters that the last move took; nil without one.
  package var last: Int? {
    guard !ends.isEmpty else { return nil }
    return removed[(ends.dropLast().last ?? 0)...].reduce(0) { $0 + $1.parameterCount }
  }

  /// Gates that close all of the units.
  package func gates(_ kinds: [any PruningUnit], of model: LanguageModel) -> Gates {
    let byGranularity = Dictionary(grouping: removed, by: \.granularity)
    return kinds.reduce(Gates()) { gates, kind in
      kind.closing(byGranularity[kind.granularity] ?? [], in: gates, of: model)
    }
  }

  /// The first moves, as few as make up so many units.
  package func prefix(units count: Int) -> Selection {
    guard let last = ends.firstIndex(where: { $0 >= count }) else { return self }
    return Selection(removed: Array(removed[..<ends[last]]), ends: Array(ends[...last]))
  }
}
