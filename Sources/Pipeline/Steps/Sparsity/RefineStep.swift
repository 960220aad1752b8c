package import BillhookCore

/// Masks of single weights are refined in a pass of their own, after all of them were chosen: a part of
/// `prune`.
package struct RefineStep: Sendable {
  /// What exchanges weights, and what adjusts those that stay.
  let setting: RefiningSetting
  /// The key of the data that is measured.
  let data: String

  package init(setting: RefiningSetting, data: String) {
    self.setting = setting
    self.data = data
  }

  /// What it is called in progress and journal.
  var stage: String {
    "refine \(setting.refiner.signature)"
      + (setting.repair.map { ", repair \($0.signature)" } ?? "")
  }

  var plugins: [any Plugin] { [setting.refiner] + (setting.repair.map { [$0] } ?? []) }

  /// What it adds to what a model is known by.
  func derivation(_ inputs: PlanInputs) -> String {
    "refine \(setting.refiner.resultSignature) \(inputs.described(data))"
      + (setting.repair.map { ", repair \($0.resultSignature)" } ?? "")
  }

  /// The key of the refined masks.
  func key(of state: ModelState, masks: StageKey, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "refine",
      of: [("model", state)],
      [
        "masks": .string(masks.hash),
        "refiner": try keys.plugin(setting.refiner),
        "repair": try setting.repair.map { try keys.plugin($0) } ?? .null,
        "data": try keys.tokens(data),
      ]
    )
  }

  /// The model with refined masks, which were made before or are made now.
  ///
  /// - Parameters:
  ///   - state: The model before it lost weights.
  ///   - key: The key of the refined masks.
  ///   - run: What the step needs.
  ///   - masked: Gives the model with the masks that are refined.
  /// - Returns: The model.
  /// - Throws: `StageError` with what went wrong.
  func run(
    _ state: ModelState,
    _ key: StageKey,
    in run: PlanRun,
    from masked: () throws -> LanguageModel
  ) throws -> LanguageModel {
    if let known = try run.known.product(key, of: state.model, "pass") {
      return try run.stages.reuse(stage) { _ in (known, "made before") }
    }
    let masked = try masked()
    return try run.stage(stage, found: { try run.known.product(key, of: state.model, "pass") }) {
      _ in
      let tokens = try run.data[data]
      let folder = run.work.products.folder(of: key)
      try run.work.products.begin(key)
      let pass = RefiningPass(setting, run.context.keepingScratch(at: folder), in: folder)
      let made = try run.files.computing(with: [setting.refiner, setting.repair]) {
        try pass.run(state.model, from: masked, on: tokens)
      }
      try run.known.keep(made, of: state.model, by: key)
      return (made, try Self.text(made, from: masked))
    }
  }

  /// How many weights changed places.
  private static func text(_ made: LanguageModel, from masked: LanguageModel) throws -> String {
    var (back, gone) = (0, 0)
    for id in made.projections {
      guard let before = try masked.weights.mask(id), let after = try made.weights.mask(id) else {
        continue
      }
      back += try (after .& .!before).sum([], dtype: .int64).integers().first ?? 0
      gone += try (.!before).sum([], dtype: .int64).integers().first ?? 0
    }
    let share = rounded(100 * Double(back) / Double(max(1, gone)))
    return "\(back) of \(gone) weights came back (\(share) %), as many others went"
  }

  // MARK: Beforehand

  /// What measuring and exchanging take of memory, where a share of the weights is zero, from 0 to 1.
  func memory(
    on model: LanguageModel,
    removing share: Double,
    _ needs: StepNeeds
  ) throws -> MemoryEstimate {
    var estimate = try needs.traversal(of: model).estimate(
      refining: needs.load(data),
      comparing: setting.bytes(on: model, removing: share),
      changesWeights: setting.repair != nil
    )
    let found = setting.evidence.bytesPerBlock(of: model, showing: setting.unit.roles)
    estimate.bytes = estimate.bytes +| found
    return estimate
  }

  /// What masks, new weights and hidden states take on a disk.
  func disk(on model: LanguageModel, _ needs: StepNeeds) throws -> DiskNeed {
    let kept = try setting.unit.bytesKept(on: model, repairedBy: setting.repair)
    let waiting = try needs.traversal(of: model).onDiskOfSequential(needs.load(data))
    return DiskNeed(kept: kept, passing: waiting +| kept)
  }
}
