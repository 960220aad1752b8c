import BillhookCore

/// A model on its way through a plan: what it is now, and how it came about.
struct ModelState {
  var model: LanguageModel
  /// The units that are gone, by their kind; together with the source they make the model.
  var removed: [String: Set<Int>] = [:]
  /// The keys of what trained it, in order; each holds what it was trained from.
  var trained: [StageKey] = []
  /// What was done to the source, step by step, as the recipe says it.
  var derivation: [String] = []
  /// A directory that holds the model as it stands; nil where there is none.
  var savedAs: String?
  /// What was done, in words.
  var history: [String] = []
  /// Every removal with everything it was decided by.
  var removals: [Removal] = []

  /// One removal; its calibration windows are made again where they are needed.
  struct Removal {
    let unit: String
    let step: PruneStep
    /// The scores of all units of the kind; nil where nothing scored them.
    let scores: Scores?
    let removed: [Int]

    /// The data that the criterion was given; nil when it needed none.
    var calibration: String? {
      step.criterion?.evidence.isEmpty ?? true ? nil : step.data
    }
  }

  /// What tells the model apart from others of the same source.
  ///
  /// Whatever chose the units, and in whatever order: without the same units it is the same model.
  ///
  /// - Parameter training: What its trainings are known by.
  /// - Returns: The units that are gone, and the trainings.
  func identity(_ training: (StageKey) -> String) -> JSON {
    let members = removed.sorted { $0.key < $1.key }.map { kind, numbers in
      let ranges = numbers.sorted().ranges.map { [$0.lowerBound, $0.upperBound].keyPart }
      return JSON.Member(key: kind, value: .array(ranges))
    }
    let trainings = trained.map { JSON.string(training($0)) }
    return ["removed": .object(members), "trained": .array(trainings)]
  }

  /// What was done to it, as rows of the report say it.
  var label: String { history.isEmpty ? "as opened" : history.joined(separator: " ") }

  /// The state with some units gone.
  func removing(_ selection: Selection, _ kinds: [any PruningUnit]) throws -> ModelState {
    var state = self
    state.model = try model.removing(selection.gates(kinds, of: model))
    state.savedAs = nil
    for (kind, units) in Dictionary(grouping: selection.removed, by: \.kind) {
      state.removed[kind, default: []].formUnion(units.map(\.number))
    }
    return state
  }
}

extension [Int] {
  /// Rising numbers in a few words: `0..3, 7`.
  var runs: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
      .joined(separator: ", ")
  }

  /// Rising numbers as ranges without gaps.
  fileprivate var ranges: [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    for number in self {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges
  }
}
