import BillhookModels

/// The units that go.
public struct Selection: Sendable, Equatable {
  /// The units, in the order in which they go.
  public let removed: [PrunableUnit]
  /// Behind which of them a move is over: the budget is never met in the middle of one.
  let ends: [Int]
  /// The parameters that the next move would take; nil when none is left.
  let next: Int?

  init(removed: [PrunableUnit], ends: [Int], next: Int? = nil) {
    self.removed = removed
    self.ends = ends
    self.next = next
  }

  /// The numbers of the units, sorted.
  public var numbers: [Int] { removed.map(\.number).sorted() }

  /// The parameters that go with them.
  public var parameterCount: Int { removed.reduce(0) { $0 + $1.parameterCount } }

  /// The parameters that the last move took; nil without one.
  var last: Int? {
    guard !ends.isEmpty else { return nil }
    return removed[(ends.dropLast().last ?? 0)...].reduce(0) { $0 + $1.parameterCount }
  }

  /// Gates that close all of the units.
  func gates(_ kinds: [any PruningUnit], of model: LanguageModel) -> Gates {
    let byExtent = Dictionary(grouping: removed, by: \.extent)
    return kinds.reduce(Gates()) { gates, kind in
      kind.closing(byExtent[kind.extent] ?? [], in: gates, of: model)
    }
  }

  /// The first moves, as few as make up so many units.
  func prefix(units count: Int) -> Selection {
    guard let last = ends.firstIndex(where: { $0 >= count }) else { return self }
    return Selection(removed: Array(removed[..<ends[last]]), ends: Array(ends[...last]))
  }
}

/// Why an amount cannot be met.
public struct BudgetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was asked for and what there is.
  public let description: String
  /// Whether the model is too small whatever its units are, or which of them are kept.
  let isAboutSize: Bool
  /// What would be possible; nil where nothing else helps than another amount.
  let advice: String?

  /// An error with both numbers in it.
  public init(_ description: String) {
    self.init(description, isAboutSize: false)
  }

  init(_ description: String, isAboutSize: Bool, advice: String? = nil) {
    self.description = description
    self.isAboutSize = isAboutSize
    self.advice = advice
  }
}
