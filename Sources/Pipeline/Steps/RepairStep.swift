package import BillhookCore

/// What stays is adjusted after a cut: a part of `prune`.
package struct RepairStep: Sendable {
  /// What adjusts it.
  package let repair: any Repair
  /// The key of the data that it measures.
  package let data: String

  package init(repair: any Repair, data: String) {
    self.repair = repair
    self.data = data
  }

  /// What the repair is called in progress and journal.
  var stage: String { "repair \(repair.signature)" }

  /// The key of the repair, a part of the keys of what comes after it.
  func key(of cut: ModelState, from whole: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "repair",
      of: [("model", cut), ("from", whole)],
      ["repair": try keys.plugin(repair), "data": try keys.tokens(data)]
    )
  }

  /// Adjusts what stayed after a cut.
  func run(_ cut: ModelState, from whole: ModelState, in run: PlanRun) throws -> ModelState {
    var state = cut
    let tokens = try run.data[data]
    state.note(.product(try key(of: cut, from: whole, run.keys)))
    state.model = try run.stages.run(stage) { _ in
      let repaired = try run.files.computing(with: repair) {
        try Repairing(whole.model, run.context).repair(cut.model, by: repair, on: tokens)
      }
      return (repaired, "")
    }
    return state
  }
}
