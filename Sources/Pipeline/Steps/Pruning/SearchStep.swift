package import BillhookCore

/// Which units go is searched, and not read off their scores: a part of `prune`.
package struct SearchStep: Sendable {
  /// What searches.
  package let search: any Search
  /// The key of the data on which candidates are compared; nil for what measures a model by itself.
  package let data: String?
  /// What candidates are compared by; nil for their mean loss.
  package let fitness: EvaluateStep?

  package init(search: any Search, data: String) {
    self.search = search
    self.data = data
    fitness = nil
  }

  /// A search whose candidates are compared by the main metric of an evaluation.
  package init(search: any Search, by fitness: EvaluateStep) {
    self.search = search
    data = fitness.data
    self.fitness = fitness
  }

  /// What the search and its fitness are made of.
  var plugins: [any Plugin] { [search] + (fitness?.plugins ?? []) }

  /// What is said of the data, and of the fitness.
  func derivation(_ inputs: PlanInputs) -> String {
    let data = data.map(inputs.described) ?? "no data"
    return "search \(search.signature)"
      + (fitness.map { " by \($0.evaluation.signature)" } ?? "") + " \(data)"
  }

  /// The search as the outline writes it.
  func line(_ inputs: PlanInputs) -> String {
    stage + (data.map { " on \(inputs.name(ofData: $0))" } ?? "")
  }

  /// What the search is called in progress and journal.
  var stage: String {
    "search \(search.shortSignature)" + (fitness.map { " by \($0.evaluation.signature)" } ?? "")
  }

  /// What is searched.
  ///
  /// - Throws: `BudgetError` where no candidate meets the amount.
  func space(_ budget: Budget, of model: LanguageModel) throws(BudgetError) -> SearchSpace {
    let space = try SearchSpace(budget, of: model)
    do {
      try search.validate(for: space)
    } catch {
      throw BudgetError("`\(budget.amount)` by `search \(type(of: search).name)`: \(error)")
    }
    return space
  }

  // MARK: Results

  /// The key of what is found.
  private func key(
    of state: ModelState,
    _ step: PruneStep,
    _ keys: StageKeys
  ) throws -> StageKey {
    let units = try step.units.map { try keys.plugin($0) }
    let calibration = try step.scorings.first?.calibration.map(keys.tokens)
    let parts: JSON = [
      "search": try keys.plugin(search),
      "data": try data.map(keys.tokens) ?? .null,
      "units": .array(units),
      "criterion": try step.criterion.map { try keys.plugin($0) } ?? .null,
      "calibration": calibration ?? .null,
      "amount": step.amount.keyPart,
      "keep": step.keep.keyPart,
      "allocation": try keys.plugin(step.allocation),
    ]
    var own: [JSON.Member] = []
    if let fitness {
      own.append(.init(key: "fitness", value: try fitness.keyParts(keys)))
    }
    if let load = step.amount.cacheLoad {
      // What repairs will add counts, so more has to go.
      let size = try load.memory(of: step.withBiases(of: state.model)).bytes
      own.append(.init(key: "size", value: .number(JSONNumber(size))))
    }
    return try keys.key(
      "search",
      of: [("model", state)],
      .object((parts.members ?? []) + own),
      addsUp: step.criterion?.addsUp ?? false
    )
  }

  /// What an earlier search found; nil where there was none.
  func known(
    of state: ModelState,
    _ step: PruneStep,
    _ budget: Budget,
    _ known: KnownStages
  ) throws -> Selection? { try found(state, step, budget, known)?.selection }

  /// A stage that is not done yet, unless a step above does it.
  func entry(of state: ModelState, _ step: PruneStep, _ forecast: inout StepForecast) throws
    -> Forecast.Entry
  {
    let entry = forecast.entry(stage, try key(of: state, step, forecast.known.keys))
    guard entry.outlook == .ahead, let reference else { return entry }
    let stages = try reference.stages(&forecast) + entry.stages
    return Forecast.Entry(outlook: .ahead, stages: stages)
  }

  /// The stages of a search that nobody did before.
  func stages(_ forecast: inout StepForecast) throws -> [String] {
    (try reference?.stages(&forecast) ?? []) + [stage]
  }

  /// What the opened model predicts, where candidates are compared beside it.
  private var reference: ReferenceStep? {
    fitness.flatMap { ReferenceStep($0.evaluation, on: $0.data) }
  }

  private typealias Found = (selection: Selection, outcome: SearchOutcome)

  private func found(
    _ state: ModelState,
    _ step: PruneStep,
    _ budget: Budget,
    _ known: KnownStages
  ) throws -> Found? {
    let key = try key(of: state, step, known.keys)
    guard let json = try known.store.result(of: key) else { return nil }
    let space = try space(budget, of: state.model)
    guard let kept = space.kept(json["gone"]),
      let outcome = json["outcome"].flatMap(SearchOutcome.init)
    else {
      known.store.refuse(key)
      return nil
    }
    return (space.selection(kept), outcome)
  }

  // MARK: Running

  /// Searches, unless that was done before; a search that was stopped goes on.
  ///
  /// - Parameters:
  ///   - state: The model.
  ///   - step: The step that it is a part of.
  ///   - budget: What has to go.
  ///   - scores: The scores of each kind of units.
  ///   - run: What the step needs.
  /// - Returns: The units that go.
  /// - Throws: `StageError` with what went wrong.
  func run(
    _ state: ModelState,
    of step: PruneStep,
    _ budget: Budget,
    by scores: [Scores],
    in run: PlanRun
  ) throws -> Selection {
    let place = run.work.evidenceFolder(try key(of: state, step, run.keys).hash)
    let result: Found
    if let known = try found(state, step, budget, run.known) {
      result = try run.stages.reuse(stage) { byproducts in
        byproducts.notes += [known.outcome.note].compactMap(\.self)
        if run.context.events != nil {
          byproducts.notes.append(
            "\(stage): an earlier run searched, and the log of all losses is in its folder, so there is "
              + "nothing for TensorBoard"
          )
        }
        return (known, "searched before: \(known.outcome.summary)")
      }
    } else {
      let tokens = try data.map { try run.data[$0] } ?? TokenSet([], note: "")
      let reference = try reference?.run(in: run)
      let fitness = fitness.map { SearchFitness($0.evaluation, on: tokens, beside: reference) }
      result = try run.stage(
        stage,
        found: { try found(state, step, budget, run.known) },
        following: {
          let searching = try searching(state, step, budget, scores, tokens, fitness, run)
          _ = try run.files.computing(with: plugins) { try searching.run(on: tokens) }
        }
      ) { byproducts in
        try find(state, step, budget, scores, tokens, fitness, goingOnIn: place, run, &byproducts)
      }
    }
    try WorkFolder.clearEvidence(place)
    run.report.searches.append(
      Report.Searched(
        branches: run.stages.branches,
        search: search.signature,
        amount: "\(step.amount)",
        outcome: result.outcome
      )
    )
    return result.selection
  }

  private func find(
    _ state: ModelState,
    _ step: PruneStep,
    _ budget: Budget,
    _ scores: [Scores],
    _ tokens: TokenSet,
    _ fitness: SearchFitness?,
    goingOnIn place: String,
    _ run: PlanRun,
    _ byproducts: inout Stages.Byproducts
  ) throws -> (Found, String) {
    let stem = "search-\(type(of: search).name)" + run.stages.branches.fileStem
    let log = try run.folder.log(as: stem)
    let searching = try searching(
      state,
      step,
      budget,
      scores,
      tokens,
      fitness,
      run,
      // What process 0 would go on from, the others do not have.
      in: run.processes.size > 1 ? nil : PassFolder(place, run.context),
      log: log
    )
    let space = try space(budget, of: state.model)
    let found = try run.files.computing(with: plugins) { try searching.run(on: tokens) }
    byproducts.files.append(String(log.dropFirst(run.folder.path.count + 1)))
    byproducts.notes += [found.outcome.note].compactMap(\.self)
    let key = try key(of: state, step, run.keys)
    try run.known.store.keep(
      ["gone": space.json(found.kept), "outcome": found.outcome.json],
      of: key
    )
    let result = (space.selection(found.kept), found.outcome)
    return (result, "\(found.outcome.summary); in \(byproducts.files[0])")
  }

  private func searching(
    _ state: ModelState,
    _ step: PruneStep,
    _ budget: Budget,
    _ scores: [Scores],
    _ tokens: TokenSet,
    _ fitness: SearchFitness?,
    _ run: PlanRun,
    in folder: PassFolder? = nil,
    log: String? = nil
  ) throws -> SearchRun {
    let space = try space(budget, of: state.model)
    guard let values = space.values(scores),
      let start = space.start(budget, by: values, scores)
    else {
      throw BudgetError("`\(step.amount)`: scores alone do not meet the amount")
    }
    return SearchRun(
      search,
      SearchTask(
        space: space,
        scores: values,
        start: start,
        // A fitness is always that of all data.
        windows: fitness == nil ? tokens.windows.count : 1
      ),
      step.units,
      of: state.model,
      run.shared,
      in: folder,
      log: log,
      by: fitness
    )
  }

  // MARK: Beforehand

  /// What prevents the search from comparing candidates as it is asked to; nil for nothing.
  func obstacle(_ budget: Budget, of model: LanguageModel) -> String? {
    guard let fitness, let space = try? space(budget, of: model) else { return nil }
    let name = type(of: search).name
    let (one, many) = (search.work(in: space, windows: 1), search.work(in: space, windows: 1 << 20))
    guard one.steps != many.steps else { return nil }
    return "`\(name)` takes as many steps as its data has batches, but "
      + "`\(type(of: fitness.evaluation).name)` looks at all of it at once: set `steps = 100`"
  }

  /// What evaluating candidates takes of memory.
  func memory(_ space: SearchSpace, of model: LanguageModel, _ needs: StepNeeds) throws
    -> MemoryEstimate
  {
    if let fitness {
      return try fitness.memory(on: model, needs) ?? MemoryEstimate(bytes: 0, isLeast: true)
    }
    let memory = needs.traversal(of: model)
    let (work, load) = work(in: space, needs)
    return try memory.estimate(load, candidates: together(work, load, memory))
  }

  /// What evaluating candidates puts on disk.
  func disk(_ space: SearchSpace, of model: LanguageModel, _ needs: StepNeeds) throws -> DiskNeed {
    if let fitness { return try fitness.disk(on: model, needs, after: []) ?? DiskNeed() }
    let memory = needs.traversal(of: model)
    let (work, load) = work(in: space, needs)
    let candidates = try together(work, load, memory)
    return DiskNeed(passing: try memory.onDisk(load, candidates: candidates, isResumed: false))
  }

  private func together(
    _ work: SearchWork,
    _ load: TraversalMemory.Load,
    _ memory: TraversalMemory
  ) throws -> Int {
    try memory.candidatesAtOnce(load, of: min(work.candidates, SearchRun.mostTogether))
  }

  /// How much is evaluated, and the tokens that a candidate is tried on.
  private func work(in space: SearchSpace, _ needs: StepNeeds) -> (SearchWork, TraversalMemory.Load)
  {
    var load = needs.load(data)
    guard fitness == nil else { return (search.work(in: space, windows: 1), load) }
    let windows = load.tokens.flatMap { tokens in load.window.map { max(1, tokens / max(1, $0)) } }
    let work = search.work(in: space, windows: windows)
    if let tried = work.windows, let window = load.window { load.tokens = tried *| window }
    return (work, load)
  }

  /// What the search evaluates, in lines of the outline.
  func details(
    on model: LanguageModel,
    _ budget: Budget,
    _ needs: StepNeeds
  ) throws -> [String] {
    let (work, load) = work(in: try space(budget, of: model), needs)
    let reference = try reference.map { [try $0.line(model, needs)] } ?? []
    var windows = "on " + (work.windows.map { counted($0, "window") } ?? "all windows")
    if let fitness { windows = "by \(type(of: fitness.evaluation).name)" }
    guard let steps = work.steps else {
      return ["search: \(work.candidates) candidates a step \(windows), steps as there is data"]
        + reference
    }
    let evaluations = steps *| work.candidates +| 2
    var line =
      "search: \(counted(steps, "step")) of \(counted(work.candidates, "candidate")), "
      + "\(evaluations) evaluations at most \(windows)"
    if let tokens = load.tokens {
      let work = model.operationsPerToken * Double(tokens) * Double(evaluations)
      line += "; work: about \(FloatingPointWork.text(work))"
    }
    return [line] + reference
  }
}

extension SearchSpace {
  /// The units that are gone, as indices in runs.
  fileprivate func json(_ kept: [Bool]) -> JSON {
    .array(
      kept.indices.filter { !kept[$0] }.ranges.map { [$0.lowerBound, $0.upperBound].keyPart }
    )
  }

  /// Reads what `json` gave; nil for units that there are not, or that do not meet the amount.
  fileprivate func kept(_ json: JSON?) -> [Bool]? {
    guard let runs = json?.array else { return nil }
    var kept = all
    for run in runs {
      guard let bounds = run.array?.compactMap(\.int), bounds.count == 2, bounds[0] >= 0,
        bounds[0] <= bounds[1], bounds[1] < count
      else { return nil }
      for unit in bounds[0]...bounds[1] { kept[unit] = false }
    }
    return fault(kept) == nil ? kept : nil
  }
}

extension LanguageModel {
  /// The floating-point operations of a forward pass for each token, about.
  fileprivate var operationsPerToken: Double {
    let projections = configuration.allWeights.filter { $0.id.role.kind == .projection }
      .reduce(0.0) { $0 + Double($1.shape.reduce(1, *)) }
    return 2 * (projections + Double(configuration.vocabularySize * configuration.hiddenSize))
  }
}
