import BillhookCore

/// Shares of the blocks are measured before anything goes: a part of `prune`.
struct ShareStep: Sendable {
  /// What makes shares of what was measured.
  let allocation: any ProportionalAllocation
  /// The key of the data that is measured; nil where only weights are.
  let data: String?

  /// A step for what an allocation measures; nil where nothing has to be, or the data is missing.
  init?(_ allocation: any ProportionalAllocation, on data: String?) {
    guard !allocation.evidence.isEmpty, data != nil || !allocation.needsData else { return nil }
    self.allocation = allocation
    self.data = allocation.needsData ? data : nil
  }

  /// What it is called in progress and journal.
  var stage: String { "shares by \(allocation.signature)" }

  /// The data that is measured as a derivation says it, after a space; nothing where there is none.
  func dataText(_ inputs: PlanInputs) -> String { data.map { " \(inputs.described($0))" } ?? "" }

  /// The key of the shares.
  func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "shares",
      of: [("model", state)],
      [
        "allocation": try keys.plugin(allocation),
        "data": try data.map(keys.tokens) ?? .null,
      ]
    )
  }

  /// The shares of the opened model's blocks, or of its matrices; nil when nobody measured them yet.
  func known(of state: ModelState, opened: LanguageModel, _ known: KnownStages) throws
    -> AllocatedShares?
  {
    let key = try key(of: state, known.keys)
    if let json = try known.store.result(of: key) {
      let count = allocation.isOfMatrices ? state.model.projections.count : opened.blocks.count
      if let shares = AllocatedShares(json, ofMatrices: allocation.isOfMatrices),
        shares.values.count == count
      {
        return shares
      }
      known.store.refuse(key)
    }
    // What was measured of weights may be known from another setting.
    return try allocation.keptShares(
      of: state.model,
      ofBlocks: opened.blocks.count,
      keptIn: KeptMeasurements(known: known, state: state, data: data)
    )
  }

  /// The shares, measured before or now.
  func run(_ state: ModelState, in run: PlanRun) throws -> AllocatedShares {
    let key = try key(of: state, run.keys)
    let place = run.work.evidenceFolder(key.hash)
    let shares: AllocatedShares
    func found() throws -> AllocatedShares? {
      try run.files.computing(with: allocation) {
        try known(of: state, opened: run.opened, run.known)
      }
    }
    if let known = try found() {
      shares = try run.stages.reuse(stage) { _ in (known, known.text(of: state.model)) }
    } else {
      let tokens = try data.map { try run.data[$0] }
      shares = try run.stage(stage, found: found) { _ in
        let found = try run.files.computing(with: allocation) {
          try allocation.measuredShares(
            of: state.model,
            ofBlocks: run.opened.blocks.count,
            on: tokens,
            run.context,
            keptIn: KeptMeasurements(known: run.known.alone, state: state, data: data),
            in: PassFolder(place, run.context)
          )
        }
        // The others ask for it by its key.
        if run.processes.size > 1 { try run.known.store.keep(found.json, of: key) }
        return (found, found.text(of: state.model))
      }
    }
    if try run.known.store.result(of: key) == nil { try run.known.store.keep(shares.json, of: key) }
    try WorkFolder.clearEvidence(place)
    try reportSpectra(of: state, run)
    let values = shares.means(ofBlocks: run.opened.blocks.count)
    run.report.shares.append(
      Report.Shares(
        branches: run.stages.branches,
        allocation: allocation.signature,
        values: values
      )
    )
    return shares
  }

  /// Names the spectra of the model's projections in the report, if they were measured.
  private func reportSpectra(of state: ModelState, _ run: PlanRun) throws {
    guard allocation.evidence.contains(where: { $0 is Spectra }), run.report.spectra.isEmpty else {
      return
    }
    let kept = KeptMeasurements(known: run.known, state: state, data: data)
    for id in state.model.projections {
      guard let block = id.block,
        let kept = try kept.partial(of: Spectra(), at: "\(id)")
      else { continue }
      let spectrum = try Spectrum([Double](tensors: kept)).eigenvalues
      guard !spectrum.isEmpty else { continue }
      run.report.spectra.append(
        Report.MeasuredSpectrum(block: block, role: id.role.rawValue, of: spectrum)
      )
    }
  }

  /// What measuring takes of memory.
  func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate {
    let weights = allocation.evidence.bytesOfWeights(of: model)
    guard let data else {
      let pass = try needs.traversal(of: model).weights()
      return MemoryEstimate(bytes: pass +| weights, isLeast: false)
    }
    let evidence = allocation.evidence.shownInPasses
    var estimate = try needs.memory(gathering: evidence, of: model, on: data)
    let found = needs.load(data).results(of: allocation.evidence, on: model)
    estimate.bytes = estimate.bytes +| found +| weights
    return estimate
  }

  /// What measuring puts on disk, as far as settings tell.
  func onDisk(_ model: LanguageModel, _ needs: StepNeeds) throws -> Int {
    try data.map {
      try needs.onDisk(gathering: allocation.evidence.shownInPasses, of: model, on: $0)
    } ?? 0
  }
}

extension AllocatedShares {
  /// All of them.
  fileprivate var values: [Double] {
    switch self {
    case .blocks(let shares): shares
    case .matrices(let shares): Array(shares.values)
    }
  }

  /// What `json` gave; nil where it is not of that kind, or holds a share that none can be.
  fileprivate init?(_ json: JSON, ofMatrices isOfMatrices: Bool) {
    guard isOfMatrices else {
      guard let all = json["shares"]?.array else { return nil }
      let shares = all.compactMap(\.double)
      guard shares.count == all.count, shares.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        return nil
      }
      self = .blocks(shares)
      return
    }
    guard let all = json["matrices"]?.array else { return nil }
    var shares: [WeightID: Double] = [:]
    for matrix in all {
      guard let block = matrix["block"]?.int,
        let role = matrix["role"]?.string.flatMap(WeightRole.init(rawValue:)),
        let share = matrix["share"]?.double, share >= 0
      else { return nil }
      shares[WeightID(role, block: block)] = share
    }
    self = .matrices(shares)
  }

  /// The shares as they are kept.
  fileprivate var json: JSON {
    switch self {
    case .blocks(let shares):
      return ["shares": .array(shares.compactMap { JSONNumber($0).map(JSON.number) })]
    case .matrices(let shares):
      let matrices = shares.compactMap { id, share -> (Int, WeightRole, JSONNumber)? in
        guard let block = id.block, let share = JSONNumber(share) else { return nil }
        return (block, id.role, share)
      }
      let sorted = matrices.sorted { ($0.0, $0.1.rawValue) < ($1.0, $1.1.rawValue) }
      return [
        "matrices": .array(
          sorted.map { block, role, share in
            [
              "block": .number(JSONNumber(block)), "role": .string(role.rawValue),
              "share": .number(share),
            ]
          }
        )
      ]
    }
  }

  /// The share of each block of the model as it was opened; of matrices the means of blocks.
  fileprivate func means(ofBlocks count: Int) -> [Double] {
    switch self {
    case .blocks(let shares): shares
    case .matrices(let shares):
      (0..<count).map { block in
        let own = shares.filter { $0.key.block == block }.values
        return own.reduce(0, +) / Double(max(1, own.count))
      }
    }
  }

  /// The shares of the blocks that are left, beside their mean; of matrices the means of blocks.
  fileprivate func text(of model: LanguageModel) -> String {
    let all = means(ofBlocks: model.opened.blocks.count)
    let left = model.blocks.map { all[$0.sourceIndex] }
    let mean = left.reduce(0, +) / Double(max(1, left.count))
    let parts = left.prefix(64).map { rounded(mean > 0 ? $0 / mean : 0) }
    return "of the mean, block by block: " + parts.joined(separator: " ")
      + (left.count > 64 ? " …" : "")
  }
}
