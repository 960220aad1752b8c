package import BillhookCore
package import BillhookRecipe

/// Single weights become zeros where they are.
package struct SparsePruneStep: PlanStep {
  /// The weights, what values them, and what refines masks and adjusts weights in the same pass.
  package let setting: SparseSetting
  /// What refines masks in a pass of its own; nil for nothing.
  package let refining: RefineStep?
  /// The share of all weights that are zero afterwards, in hundredths; nil where a pattern says it.
  package let percent: Number?
  /// The blocks in which nothing goes.
  package let keep: Keep
  /// How the share is divided among the blocks.
  package let allocation: any ProportionalAllocation
  /// The key of the data that the allocation measures; nil where it measures nothing.
  package let allocationData: String?
  /// The key of the data that is measured; nil where nothing is.
  package let data: String?
  /// Where the recipe says how much.
  package let amountSpan: SourceSpan
  /// Where the recipe says what is kept; nil where it does not.
  package let keepSpan: SourceSpan?
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(
    setting: SparseSetting,
    refining: RefineStep? = nil,
    percent: Number?,
    keep: Keep,
    allocation: any ProportionalAllocation,
    allocationData: String?,
    data: String?,
    amountSpan: SourceSpan,
    keepSpan: SourceSpan? = nil,
    span: SourceSpan
  ) {
    self.setting = setting
    self.refining = refining
    self.percent = percent
    self.keep = keep
    self.allocation = allocation
    self.allocationData = allocationData
    self.data = data
    self.amountSpan = amountSpan
    self.keepSpan = keepSpan
    self.span = span
  }

  package var plugins: [any Plugin] {
    let others: [(any Plugin)?] = [setting.refiner, setting.repair]
    return [setting.unit, setting.criterion, allocation] + others.compactMap(\.self)
      + (refining?.plugins ?? [])
  }

  package var use: ModelUse { .changes(keyword: "prune") }

  var name: String { type(of: setting.unit).name }

  /// How much goes, as a recipe writes it.
  var amount: String {
    if let pattern = setting.unit.pattern { return "\(pattern.literalText)" }
    return "remove \(percent?.text ?? "0")%"
  }

  /// The share of the weights that is zero afterwards, from 0 to 1.
  var share: Double { (setting.unit.pattern?.percent ?? percent?.double ?? 0) / 100 }

  /// What the pass is called in progress and journal.
  var stage: String {
    "masks by \(setting.criterion.signature)"
      + (setting.refiner.map { ", refine \($0.signature)" } ?? "")
      + (setting.repair.map { ", repair \($0.signature)" } ?? "")
  }

  package func derivation(_ inputs: PlanInputs) -> String? {
    let parts = [
      "prune \(setting.unit.resultSignature)", "by \(setting.criterion.resultSignature)",
      data.map(inputs.described) ?? "no data", amount, "\(keep)",
      "allocate \(allocation.signature)" + (sharing?.dataText(inputs) ?? ""),
    ]
    return parts.joined(separator: ", ")
      + (setting.refiner.map { ", refine \($0.resultSignature)" } ?? "")
      + (setting.repair.map { ", repair \($0.resultSignature)" } ?? "")
      + (refining.map { ", \($0.derivation(inputs))" } ?? "")
  }

  private func wording(_ inputs: PlanInputs) -> Change {
    let parts: [(any Plugin)?] = [
      setting.criterion, setting.refiner ?? refining?.setting.refiner,
      setting.repair ?? refining?.setting.repair,
    ]
    let how = parts.compactMap { $0.map { type(of: $0).name } }.joined(separator: " + ")
    let units = "\(name)s by \(how)"
    // 2 of 4 is another method than 4 of 8, though both are half.
    let pattern = setting.unit.pattern.map { "\($0.literalText) " }
    return .statement(
      Change.Wording(
        derivation: derivation(inputs) ?? "",
        label: "- \(pattern ?? "\(percent?.text ?? "0")% of ")\(units)",
        method: (pattern ?? "") + units
      )
    )
  }

  private func masking(_ key: StageKey) -> Change {
    .masking(
      Change.Masking(
        key: key,
        unit: setting.unit.resultSignature,
        criterion: setting.criterion.resultSignature,
        refiner: (setting.refiner ?? refining?.setting.refiner)?.resultSignature,
        repair: (setting.repair ?? refining?.setting.repair)?.resultSignature,
        allocation: allocation.signature,
        amount: amount,
        keep: keep,
        calibration: data
      )
    )
  }

  /// How the shares of blocks are measured; nil where nothing has to be.
  var sharing: ShareStep? { ShareStep(allocation, on: allocationData) }

  // MARK: How much

  /// How much of each block goes.
  ///
  /// - Parameters:
  ///   - model: The model as it stands.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  ///   - measured: The shares that the allocation measured; nil where it measures nothing.
  /// - Returns: The share of each block in which weights may go.
  /// - Throws: `BudgetError` when the blocks cannot lose that much.
  func shares(
    of model: LanguageModel,
    openedBlocks: Int,
    _ measured: AllocatedShares?
  ) throws -> SparseShares {
    if let pattern = setting.unit.pattern {
      return try SparseShares(pattern, in: model, keeping: keep, openedBlocks: openedBlocks)
    }
    return try SparseShares(
      percent?.double ?? 0,
      of: setting.unit.roles,
      in: model,
      keeping: keep,
      by: allocation,
      measured ?? .blocks(allocation.checkedShares(ofBlocks: openedBlocks, Statistics())),
      openedBlocks: openedBlocks
    )
  }

  // MARK: Results

  /// The key of the masks, a part of the keys of what comes after it.
  private func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "sparse",
      of: [("model", state)],
      [
        "unit": try keys.plugin(setting.unit),
        "criterion": try keys.plugin(setting.criterion),
        "refiner": try setting.refiner.map { try keys.plugin($0) } ?? .null,
        "repair": try setting.repair.map { try keys.plugin($0) } ?? .null,
        "percent": percent.map { .string($0.text) } ?? .null,
        "keep": keep.keyPart,
        "allocation": try keys.plugin(allocation),
        "allocation_data": try sharing?.data.map(keys.tokens) ?? .null,
        "data": try data.map(keys.tokens) ?? .null,
      ]
    )
  }

  // MARK: Running

  /// Makes the masks, unless that was done before; a pass that was stopped goes on.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    // What scores decided, nobody could check beforehand.
    if let obstacle = setting.obstacle(on: state.model) {
      throw DataError("`\(name)`: \(obstacle)")
    }
    let masks = try key(of: state, run.keys)
    var after = state
    if let refining {
      let key = try refining.key(of: state, masks: masks, run.keys)
      after.model = try refining.run(state, key, in: run) { try masked(state, masks, in: run) }
      after.note(masking(key))
    } else {
      after.model = try masked(state, masks, in: run)
      after.note(masking(masks))
    }
    after.note(wording(run.inputs))
    run.report.removals.append(
      Report.Removal(
        criterion: setting.criterion.signature,
        amount: amount,
        keep: "\(keep)",
        from: state,
        to: after,
        after: run.report.scores.count,
        in: run.stages.branches
      )
    )
    return after
  }

  /// The model with masks, before those are refined in a pass of their own.
  private func masked(
    _ state: ModelState,
    _ key: StageKey,
    in run: PlanRun
  ) throws -> LanguageModel {
    let measured = try sharing?.run(state, in: run)
    let place = run.work.evidenceFolder(key.hash)
    let masked: LanguageModel
    if let known = try run.known.product(key, of: state.model, "pass") {
      masked = try run.stages.reuse(stage) { _ in (known, "made before: \(try text(known))") }
    } else {
      masked = try run.stage(stage, found: { try run.known.product(key, of: state.model, "pass") })
      {
        _ in
        let made = try make(of: state.model, key, measured, goingOnIn: place, run)
        return (made, try text(made))
      }
    }
    try WorkFolder.clearEvidence(place)
    return masked
  }

  private func make(
    of model: LanguageModel,
    _ key: StageKey,
    _ measured: AllocatedShares?,
    goingOnIn place: String,
    _ run: PlanRun
  ) throws -> LanguageModel {
    let shares = try shares(of: model, openedBlocks: run.opened.blocks.count, measured)
    // What was measured, or cut by scores, nobody could check beforehand.
    if let fault = setting.fault(of: shares, on: model, isMeasured: sharing != nil) {
      throw DataError("`\(amount)` \(fault)")
    }
    let tokens = try data.map { try run.data[$0] }
    let folder = run.work.products.folder(of: key)
    try run.work.products.begin(key)
    let context = run.context.keepingScratch(at: folder)
    let progress = PassFolder(place, context)
    let pass = SparsePass(setting, shares, context, in: folder, progress: progress)
    let plugins: [(any Plugin)?] = [setting.criterion, setting.refiner, setting.repair]
    let made = try run.files.computing(with: plugins) { try pass.run(model, on: tokens) }
    try run.known.keep(made, of: model, by: key)
    return made
  }

  /// How many weights are zero.
  private func text(_ model: LanguageModel) throws -> String {
    let zeros = try model.maskedCounts().values.reduce(0, +)
    let all = model.parameterCount
    return "\(zeros) of \(all) parameters are held at zero "
      + "(\(rounded(100 * Double(zeros) / Double(max(1, all)))) %)"
  }

  // MARK: Beforehand

  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    let stages = [sharing?.stage, stage, refining?.stage].compactMap(\.self)
    guard var state else { return (Forecast.Entry(outlook: .open, stages: stages), nil) }
    let masks = try key(of: state, forecast.known.keys)
    let refined = try refining?.key(of: state, masks: masks, forecast.known.keys)
    let known = try forecast.known.product(refined ?? masks, of: state.model, "pass")
    var entry = try known.map { _ in .doneBefore } ?? ahead(of: state, masks, refined, &forecast)
    entry.shares = try sharing?.known(of: state, opened: forecast.opened, forecast.known)
    // Keys know masks without their bits; the model has these shapes.
    state.model = known ?? state.model
    state.note(masking(refined ?? masks))
    state.note(wording(forecast.inputs))
    return (entry, state)
  }

  /// What is left to do where the result is not known.
  private func ahead(
    of state: ModelState,
    _ masks: StageKey,
    _ refined: StageKey?,
    _ forecast: inout StepForecast
  ) throws -> Forecast.Entry {
    var entries: [Forecast.Entry] = []
    if try refined == nil || forecast.known.product(masks, of: state.model, "pass") == nil {
      if let sharing,
        try sharing.known(of: state, opened: forecast.opened, forecast.known) == nil
      {
        entries.append(Forecast.Entry(outlook: .ahead, stages: [sharing.stage]))
      }
      entries.append(forecast.entry(stage, masks))
    }
    if let refining, let refined { entries.append(forecast.entry(refining.stage, refined)) }
    let last = entries.last?.outlook ?? .doneBefore
    return Forecast.Entry(outlook: last, stages: entries.flatMap(\.stages))
  }

  /// A model that lost single weights here, as far as that is known beforehand: which weights have a mask.
  func presumingMasks(on model: LanguageModel, openedBlocks: Int) -> LanguageModel {
    let masked = model.projections.filter { id in
      setting.unit.roles.contains(id.role)
        && id.block.map { !keep.contains($0, of: openedBlocks) } ?? false
    }
    return model.presumingMasks(of: Set(masked))
  }

  package func follow(_ course: inout PruningCourse) {
    course.model = presumingMasks(on: course.model, openedBlocks: course.opened.blocks.count)
  }

  package func check(_ check: inout StepCheck) {
    let model = check.course.model
    defer { follow(&check.course) }
    if check.reportMissing(of: setting.unit, at: span) { return }
    if let refiner = setting.refiner ?? refining?.setting.refiner {
      let early = setting.unit.choice == .slab ? SparseSetting.slabsAreTooEarly : nil
      let isTooShort = refiner.needsOwnPass && check.inputs.model.dtype == .float16
      let short = isTooShort ? TrainingError.tooShortForGradients : nil
      if let obstacle = refiner.obstacle(to: setting.unit) ?? early ?? short {
        return check.report(.inconsistent(type(of: refiner).name, obstacle), at: span)
      }
    }
    let open = check.course.openWidths(outside: Keep())
    if let obstacle = setting.obstacle ?? setting.obstacle(on: model, open: Set(open.keys)) {
      return check.report(.inconsistent(name, obstacle), at: span)
    }
    if let obstacle = allocation.obstacle {
      check.report(.inconsistent(type(of: allocation).name, obstacle), at: span)
    }
    if let condition = setting.condition(onOpen: open, in: model) {
      check.report(.unexpectedAmount(condition), at: span)
    }
    if let tokens = StepNeeds(check.inputs).load(data).tokens,
      let shortage = setting.shortage(on: model, tokens: tokens)
    {
      check.report(.unexpectedAmount(shortage), at: span)
    }
    if let refining, let tokens = StepNeeds(check.inputs).load(refining.data).tokens,
      let shortage = refining.setting.shortage(on: model, tokens: tokens)
    {
      check.report(.unexpectedAmount(shortage), at: span)
    }
    let count = check.opened.blocks.count
    do throws(BudgetError) {
      try keep.check(openedBlocks: count)
    } catch {
      let problem = PlanProblem.impossibleAmount(error.description, advice: error.advice)
      return check.report(problem, at: keepSpan ?? amountSpan)
    }
    do {
      // Whatever the shares will be, all that may go has to be enough: with equal ones most may go.
      let equal = sharing.map { _ in AllocatedShares.blocks(Array(repeating: 1, count: count)) }
      let shares = try shares(of: model, openedBlocks: count, equal)
      if sharing == nil, let fault = setting.fault(of: shares, on: model, open: Set(open.keys)) {
        check.report(.impossibleAmount("`\(amount)` \(fault)", advice: nil), at: amountSpan)
      }
    } catch {
      // Other blocks may be left, which nothing keeps.
      guard check.course.areBlocksKnown else { return }
      let budget = error as? BudgetError
      let place = budget?.isAboutKeep == true ? keepSpan : nil
      check.report(
        .impossibleAmount("\(error)", advice: budget?.advice),
        at: place ?? amountSpan
      )
    }
  }
}
