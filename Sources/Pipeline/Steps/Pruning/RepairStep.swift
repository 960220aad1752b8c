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

  /// The repaired model, where it was made before; nil where it was not.
  func known(
    _ cut: LanguageModel,
    _ key: StageKey,
    _ known: KnownStages
  ) throws -> LanguageModel? {
    guard let paths = try known.product(key, "repair") else { return nil }
    return try? paths.reduce(cut) { try Repairing.model($0, repairedBy: $1) }
  }

  /// Adjusts what stayed after a cut, unless that was done before.
  func run(_ cut: ModelState, from whole: ModelState, in run: PlanRun) throws -> ModelState {
    var state = cut
    let key = try key(of: cut, from: whole, run.keys)
    let place = run.work.evidenceFolder(key.hash)
    if let known = try known(cut.model, key, run.known) {
      state.model = try run.stages.reuse(stage) { _ in (known, "repaired before") }
    } else {
      let tokens = try run.data[data]
      state.model = try run.stage(stage, found: { try known(cut.model, key, run.known) }) { _ in
        (try make(of: cut.model, from: whole.model, key, tokens, goingOnIn: place, run), "")
      }
    }
    try WorkFolder.clearEvidence(place)
    state.note(.product(key))
    return state
  }

  private func make(
    of cut: LanguageModel,
    from whole: LanguageModel,
    _ key: StageKey,
    _ tokens: TokenSet,
    goingOnIn place: String,
    _ run: PlanRun
  ) throws -> LanguageModel {
    let folder = run.work.products.folder(of: key)
    try run.work.products.begin(key)
    // What a killed run left is not resumed.
    try run.work.products.clear(key, keeping: [])
    let context = run.context.keepingScratch(at: folder)
    let repaired = try run.files.computing(with: repair) {
      try Repairing(whole, context, in: PassFolder(place, context))
        .repair(cut, by: repair, on: tokens)
    }
    let isChanged = FileSystem.exists("\(folder)/\(Repairing.fileName)")
    try run.known.keep(isChanged ? [Repairing.fileName] : [], by: key)
    return repaired
  }

  // MARK: Beforehand

  /// What measuring the model before the cut takes of memory.
  func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate {
    try needs.memory(
      gathering: repair.evidence,
      of: model,
      on: data,
      showing: Repairing.projections
    )
  }

  /// What that puts on disk, as far as settings tell; new weights are not known before.
  func onDisk(_ model: LanguageModel, _ needs: StepNeeds) throws -> Int {
    try needs.onDisk(gathering: repair.evidence, of: model, on: data)
  }
}
