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

  /// The first moves of each kind of units, as many as do not exceed a share of the kind's units.
  ///
  /// - Parameters:
  ///   - share: The share, from 0 to 1.
  ///   - counts: The number of units of a kind that go however small the share is.
  /// - Returns: The moves, in order.
  func part(_ share: Double, atLeast counts: [UnitGranularity: Int]) -> Selection {
    // What rounding takes from a whole number is given back.
    let most = removed.reduce(into: [UnitGranularity: Int]()) {
      $0[$1.granularity, default: 0] += 1
    }
    .mapValues { Int(share * Double($0) + 1e-9) }
    .merging(counts) { max($0, $1) }
    var taken: [UnitGranularity: Int] = [:]
    var finished: Set<UnitGranularity> = []
    var units: [PrunableUnit] = []
    var ends: [Int] = []
    var start = 0
    for end in self.ends {
      defer { start = end }
      let move = removed[start..<end]
      guard let kind = move.first?.granularity, !finished.contains(kind) else { continue }
      guard taken[kind, default: 0] + move.count <= most[kind] ?? 0 else {
        finished.insert(kind)
        continue
      }
      taken[kind, default: 0] += move.count
      units += move
      ends.append(units.count)
    }
    return Selection(removed: units, ends: ends)
  }

  /// The first moves, as few as make up so many units.
  package func prefix(units count: Int) -> Selection {
    guard let last = ends.firstIndex(where: { $0 >= count }) else { return self }
    return Selection(removed: Array(removed[..<ends[last]]), ends: Array(ends[...last]))
  }
}
