package import BillhookCore
package import BillhookRecipe

/// Weights become codes of a few bits.
package struct QuantiseStep: PlanStep {
  /// What is quantised, and by whom.
  package let quantising: Quantising
  /// The key of the data that is measured; nil where nothing is.
  package let data: String?
  /// Where the recipe says so.
  package let span: SourceSpan
  /// Where the recipe says what is kept; nil where it does not.
  package let keepSpan: SourceSpan?

  package init(
    _ quantising: Quantising,
    data: String?,
    keepSpan: SourceSpan? = nil,
    span: SourceSpan
  ) {
    self.quantising = quantising
    self.data = data
    self.keepSpan = keepSpan
    self.span = span
  }

  package var plugins: [any Plugin] { [quantising.quantiser] }

  package var use: ModelUse { .changes(keyword: "quantise") }

  /// What it is called in progress and journal.
  private var stage: String { "quantise by \(quantising.quantiser.signature)" }

  package func derivation(_ inputs: PlanInputs) -> String? {
    "quantise weight { \(quantising.settings.text) } by \(quantising.quantiser.resultSignature), "
      + "\(data.map(inputs.described) ?? "no data"), \(quantising.keep)"
  }

  private func note(_ key: StageKey, in state: inout ModelState, _ inputs: PlanInputs) {
    let settings = quantising.settings
    state.note(
      .quantisation(
        Change.Quantisation(
          key: key,
          settings: settings.text,
          quantiser: quantising.quantiser.resultSignature,
          keep: quantising.keep,
          calibration: data
        )
      )
    )
    let name = type(of: quantising.quantiser).name
    state.note(
      .statement(
        Change.Wording(
          derivation: derivation(inputs) ?? "",
          label: "in \(settings.precision.rawValue) by \(name)"
        )
      )
    )
  }

  // MARK: Results

  /// The key of the codes, a part of the keys of what comes after it.
  private func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "quantise",
      of: [("model", state)],
      [
        "settings": quantising.settings.keyPart,
        "quantiser": try keys.plugin(quantising.quantiser),
        "keep": quantising.keep.keyPart,
        "data": try data.map(keys.tokens) ?? .null,
      ]
    )
  }

  // MARK: Running

  /// Chooses the codes, unless that was done before; a pass that was stopped goes on.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let key = try key(of: state, run.keys)
    var after = state
    if let known = try run.known.product(key, of: state.model, "pass") {
      after.model = try run.stages.reuse(stage) { _ in (known, "made before") }
    } else {
      after.model = try run.stage(
        stage,
        found: { try run.known.product(key, of: state.model, "pass") }
      ) { _ in
        let made = try make(of: state.model, key, run)
        return (
          made,
          "\(Quantity.bytes(try state.model.byteCount())) -> \(Quantity.bytes(try made.byteCount()))"
        )
      }
    }
    note(key, in: &after, run.inputs)
    return after
  }

  private func make(
    of model: LanguageModel,
    _ key: StageKey,
    _ run: PlanRun
  ) throws -> LanguageModel {
    let tokens = try data.map { try run.data[$0] }
    let folder = run.work.products.folder(of: key)
    try run.work.products.begin(key)
    let pass = QuantisingPass(
      quantising,
      openedBlocks: run.opened.blocks.count,
      run.context.keepingScratch(at: folder),
      in: folder
    )
    let made = try run.files.computing(with: [quantising.quantiser]) {
      try pass.run(model, on: tokens)
    }
    try run.known.keep(made, of: model, by: key)
    return made
  }

  // MARK: Beforehand

  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard var state else { return (Forecast.Entry(outlook: .open, stages: [stage]), nil) }
    let key = try key(of: state, forecast.known.keys)
    let known = try forecast.known.product(key, of: state.model, "pass")
    let entry = known == nil ? forecast.entry(stage, key) : .doneBefore
    state.model =
      known ?? presumingCodes(on: state.model, openedBlocks: forecast.opened.blocks.count)
    note(key, in: &state, forecast.inputs)
    return (entry, state)
  }

  /// The model with codes, as far as that is known beforehand: which weights are in codes.
  private func presumingCodes(on model: LanguageModel, openedBlocks: Int) -> LanguageModel {
    let targets = quantising.targets(in: model, openedBlocks: openedBlocks)
    return model.presumingCodes(of: Set(targets.map(\.id)), quantising.settings.scheme)
  }

  package func follow(_ course: inout PruningCourse) {
    course.model = presumingCodes(on: course.model, openedBlocks: course.opened.blocks.count)
  }

  /// What may come of blocks that are kept, where scores decide which blocks are left.
  private static let nothingMayBeLeft =
    "scores decide which blocks are left, and where those are the ones that `keep` names, nothing is left to "
    + "quantise; name fewer of them, or keep another one in the `prune` before"

  package func check(_ check: inout StepCheck) {
    defer { follow(&check.course) }
    let model = check.course.model
    let count = check.opened.blocks.count
    do throws(BudgetError) {
      try quantising.keep.check(openedBlocks: count)
    } catch {
      let problem = PlanProblem.impossibleAmount(error.description, advice: error.advice)
      return check.report(problem, at: keepSpan ?? span)
    }
    let open = check.course.openWidths(outside: quantising.keep)
    if check.reportMissing(QuantisingSettings.parameters, of: quantising.settings, at: span) {
      return
    }
    // Where scores decide which blocks are left, there may be others than those that this model has.
    let areBlocksKnown = check.course.areBlocksKnown
    let most = areBlocksKnown ? model : check.course.withKnownBlocks
    let obstacle =
      quantising.obstacleOfAnyWidth(on: most, openedBlocks: count)
      ?? quantising.obstacle(
        ofWidthsOf: model,
        openedBlocks: count,
        open: Set(open.keys),
        areBlocksKnown: areBlocksKnown
      )
    if let obstacle { return check.report(.inconsistent("quantise", obstacle), at: span) }
    let gone = most.blocks.count - model.blocks.count
    if !areBlocksKnown, quantising.blockCount(in: most, openedBlocks: count) <= gone {
      check.report(.unexpectedAmount(Self.nothingMayBeLeft), at: span)
    }
    if let condition = quantising.condition(onOpen: open, in: model) {
      check.report(.unexpectedAmount(condition), at: span)
    }
    if let tokens = StepNeeds(check.inputs).load(data).tokens,
      let shortage = quantising.shortage(on: model, openedBlocks: count, tokens: tokens)
    {
      check.report(.unexpectedAmount(shortage), at: span)
    }
  }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    let own = quantising.bytes(on: model, openedBlocks: model.opened.blocks.count)
    guard let data else {
      return MemoryEstimate(
        bytes: try needs.traversal(of: model).weights() +| own,
        isLeast: false
      )
    }
    var estimate = try needs.memory(
      gathering: quantising.evidence,
      of: model,
      on: data,
      showing: quantising.settings.roles
    )
    estimate.bytes = estimate.bytes +| own
    return estimate
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    let kept = quantising.bytesKept(on: model, openedBlocks: model.opened.blocks.count)
    let evidence = quantising.evidence
    let waiting = try data.map { try needs.onDisk(gathering: evidence, of: model, on: $0) }
    // Files of blocks are there until they are one file.
    return DiskNeed(kept: kept, passing: (waiting ?? 0) +| kept)
  }

  package func line(_ inputs: PlanInputs) -> String {
    let data = data.map { " on \(inputs.name(ofData: $0))" } ?? ""
    return "quantise weight by \(quantising.quantiser.shortSignature)\(data), "
      + "\(quantising.settings.shortText), \(quantising.keep)"
  }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    let model = course.model
    let count = course.opened.blocks.count
    let targets = quantising.targets(in: model, openedBlocks: count)
    let all = targets.reduce(0) { $0 + $1.shape.reduce(1, *) }
    follow(&course)
    let roles = WeightRole.allCases.filter { role in targets.contains { $0.id.role == role } }
    let blocks = Set(targets.compactMap(\.id.block)).count
    // Where scores decide how much is left, or which of the blocks that are kept, these are the numbers of
    // one choice.
    let isCertain = course.areBlocksKnown || quantising.keep == Keep()
    let about = course.isSizeKnown && isCertain ? "" : "about "
    let allBlocks = counted(model.blocks.count, "block")
    var lines = [
      "\(about)\(counted(targets.count, "projection")) of \(blocks) of \(allBlocks): "
        + roles.map(\.rawValue).joined(separator: ", "),
      "\(about)\(all) of \(model.parameterCount) parameters become codes: "
        + "\(Quantity.bytes(try model.byteCount())) -> \(Quantity.bytes(try course.model.byteCount()))",
    ]
    if data != nil { lines.append("measured: \(quantising.settings.orderText)") }
    guard entry?.outlook != .doneBefore else { return lines }
    let (measuring, choosing) = quantising.operations(
      on: model,
      openedBlocks: count,
      tokens: needs.load(data).tokens
    )
    let parts = [
      measuring.flatMap { $0 > 0 ? "\(FloatingPointWork.text($0)) of passes" : nil },
      choosing > 0 ? "\(FloatingPointWork.text(choosing)) of solving" : nil,
    ].compactMap(\.self)
    if !parts.isEmpty { lines.append("work: about " + parts.joined(separator: ", ")) }
    return lines
  }
}
