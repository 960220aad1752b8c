import BillhookModels

/// A model on its way through a plan: what it is now, and how it came about.
struct ModelState {
  var model: LanguageModel
  /// The units that are gone, by their kind; together with the source they make the model.
  var removed: [String: Set<Int>] = [:]
  /// The keys of what trained it, in order; each holds what it was trained from.
  var trained: [String] = []
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
    let scores: Scores
    let removed: [Int]

    /// The data that the criterion was given; nil when it needed none.
    var calibration: String? {
      step.scoring.criterion.evidence.isEmpty ? nil : step.scoring.data
    }
  }

  /// What tells the model apart from others of the same source.
  ///
  /// Whatever chose the units, and in whatever order: without the same units it is the same model.
  var identity: JSON {
    let members = removed.sorted { $0.key < $1.key }.map { kind, numbers in
      JSON.Member(
        key: kind,
        value: .array(numbers.sorted().map { .number(JSONNumber($0)) })
      )
    }
    return ["removed": .object(members), "trained": .array(trained.map(JSON.string))]
  }

  /// The state with some units gone.
  func removing(_ units: [PrunableUnit], _ kind: any PruningUnit) throws -> ModelState {
    var state = self
    state.model = try kind.cutting(units, from: model)
    state.savedAs = nil
    state.removed[type(of: kind).name, default: []].formUnion(units.map(\.number))
    return state
  }
}
