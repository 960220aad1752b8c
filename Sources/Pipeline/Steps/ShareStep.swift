import BillhookCore

/// Shares of the blocks are measured before anything goes: a part of `prune`.
struct ShareStep: Sendable {
  /// What makes shares of what was measured.
  let allocation: any ProportionalAllocation
  /// The key of the data that is measured.
  let data: String

  /// What it is called in progress and journal.
  var stage: String { "shares by \(allocation.signature)" }

  /// The key of the shares.
  func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "shares",
      of: [("model", state)],
      ["allocation": try keys.plugin(allocation), "data": try keys.tokens(data)]
    )
  }

  /// The share of each block of the opened model; nil when nobody measured them yet.
  func known(of state: ModelState, opened: LanguageModel, _ known: KnownStages) throws
    -> [Double]?
  {
    let key = try key(of: state, known.keys)
    guard let json = known.store.result(of: key) else { return nil }
    let shares = json["shares"]?.array?.compactMap(\.double) ?? []
    guard shares.count == opened.blocks.count, shares.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      known.store.refuse(key)
      return nil
    }
    return shares
  }

  /// The share of each block of the opened model, measured before or now.
  func run(_ state: ModelState, in run: PlanRun) throws -> [Double] {
    let key = try key(of: state, run.keys)
    let place = run.work.evidenceFolder(key.hash)
    let shares: [Double]
    if let known = try known(of: state, opened: run.opened, run.known) {
      shares = try run.stages.reuse(stage) { _ in (known, Self.text(known, of: state.model)) }
    } else {
      let tokens = try run.data[data]
      shares = try run.stages.run(stage) { _ in
        let found = try run.files.computing(with: allocation) {
          try allocation.measuredShares(
            of: state.model,
            ofBlocks: run.opened.blocks.count,
            on: tokens,
            run.context,
            in: PassFolder(place)
          )
        }
        let numbers = found.compactMap { JSONNumber($0).map(JSON.number) }
        try run.known.store.keep(["shares": .array(numbers)], of: key)
        return (found, Self.text(found, of: state.model))
      }
    }
    try WorkFolder.clearEvidence(place)
    return shares
  }

  /// The shares of the blocks that are left, beside their mean.
  private static func text(_ shares: [Double], of model: LanguageModel) -> String {
    let left = model.blocks.map { shares[$0.sourceIndex] }
    let mean = left.reduce(0, +) / Double(max(1, left.count))
    let parts = left.prefix(64).map { rounded(mean > 0 ? $0 / mean : 0) }
    return "of the mean, block by block: " + parts.joined(separator: " ")
      + (left.count > 64 ? " …" : "")
  }

  /// What measuring takes of memory.
  func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate {
    var estimate = try needs.memory(gathering: allocation.evidence, of: model, on: data)
    let found = needs.load(data).results(of: allocation.evidence, on: model)
    estimate.bytes = estimate.bytes +| found
    return estimate
  }

  /// What measuring puts on disk, as far as settings tell.
  func onDisk(_ model: LanguageModel, _ needs: StepNeeds) throws -> Int {
    try needs.onDisk(gathering: allocation.evidence, of: model, on: data)
  }
}
