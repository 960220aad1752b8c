package import BillhookCore
package import BillhookRecipe

/// Units are removed little by little while the model is trained, by scores of the training.
package struct GradualPruneStep: PlanStep {
  /// What goes, and how much; its criterion is asked in the training.
  package let pruning: PruneStep
  /// When it goes.
  package let schedule: PruningSchedule
  /// What trains the model meanwhile, and on what.
  package let training: RecoverStep
  /// Where the recipe says when.
  package let scheduleSpan: SourceSpan

  package init(
    pruning: PruneStep,
    schedule: PruningSchedule,
    training: RecoverStep,
    scheduleSpan: SourceSpan
  ) {
    self.pruning = pruning
    self.schedule = schedule
    self.training = training
    self.scheduleSpan = scheduleSpan
  }

  package var span: SourceSpan { pruning.span }
  package var plugins: [any Plugin] { pruning.plugins + training.plugins }
  package var use: ModelUse { .changes(keyword: "prune") }

  /// What the training is called in progress and journal.
  private var stage: String {
    "prune by \(pruning.criterion?.signature ?? "") in recover \(training.recovery.shortSignature)"
  }

  package func derivation(_ inputs: PlanInputs) -> String? {
    [
      pruning.derivation(inputs), "gradual \(schedule.signature)", training.derivation(inputs),
    ].compactMap(\.self).joined(separator: ", ")
  }

  // MARK: Results

  /// The key of the trained weights and of what went, a part of the keys of what comes after it.
  private func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "gradual",
      of: [("model", state)],
      [
        "units": .array(try pruning.units.map { try keys.plugin($0) }),
        "criterion": try pruning.criterion.map { try keys.plugin($0) } ?? .null,
        "amount": pruning.amount.keyPart,
        "keep": pruning.keep.keyPart,
        "allocation": try keys.plugin(pruning.allocation),
        "allocation_data": try pruning.sharing?.data.map(keys.tokens) ?? .null,
        "schedule": schedule.keyPart,
        "recovery": try keys.plugin(training.recovery),
        "data": try keys.tokens(training.data),
      ]
    )
  }

  /// The trained model with all of its units, and what went; nil when nobody trained it yet.
  private func known(
    of state: ModelState,
    _ key: StageKey,
    _ budget: Budget,
    _ known: KnownStages
  ) throws -> (model: LanguageModel, outcome: GradualPruning.Outcome)? {
    guard let criterion = pruning.criterion,
      let model = try known.product(key, of: state.model, "training")
    else { return nil }
    let json = try known.store.result(of: key)?["pruning"]
    guard let outcome = GradualPruning.Outcome(json, pruning.units, by: criterion, budget) else {
      known.store.refuse(key)
      return nil
    }
    return (model, outcome)
  }

  // MARK: Running

  /// Trains the model while units go, unless that was done before, and removes them.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let shares = try pruning.sharing?.run(state, in: run).ofBlocks
    let budget = try pruning.budget(for: state.model, opened: run.opened, shares: shares)
    let key = try key(of: state, run.keys)
    var trained = state
    let outcome: GradualPruning.Outcome
    if let known = try known(of: state, key, budget, run.known) {
      (trained.model, outcome) = known
      try training.reuse(known.model, key, from: state, stage, run, whileUnitsGo: true)
    } else {
      (trained.model, outcome) = try train(state, key, budget, run)
    }
    trained.note(.product(key))
    var rounds = try PruningRounds(pruning, of: trained, opened: run.opened, shares: shares)
    for (scoring, scores) in zip(pruning.scorings, outcome.scores) {
      _ = try pruning.scorings.show(scores, of: scoring, false, run)
    }
    let chosen = try pruning.select(rounds, in: run) { outcome.selection }
    try rounds.end(with: pruning.cut(chosen, by: outcome.scores, rounds, in: run), chosen)
    let after = finished(rounds, run.inputs)
    pruning.report(after, from: state, in: run)
    return after
  }

  private func train(
    _ state: ModelState,
    _ key: StageKey,
    _ budget: Budget,
    _ run: PlanRun
  ) throws -> (LanguageModel, GradualPruning.Outcome) {
    guard let criterion = pruning.criterion else {
      throw DataError("no criterion says what goes in the training")
    }
    let gradual = try GradualPruning(
      state.model,
      pruning.units,
      by: criterion,
      budget,
      schedule,
      run.context
    )
    let trained = try run.files.computing(with: criterion) {
      try training.train(state, key, stage, run, observers: [gradual]) {
        gradual.outcome.map { [JSON.Member(key: "pruning", value: $0.json)] } ?? []
      }
    }
    if run.processes.size > 1, let known = try known(of: state, key, budget, run.known),
      !run.processes.leads
    {
      return (known.model, known.outcome)
    }
    let outcome = try training.recovery.answer {
      guard let outcome = gradual.outcome else {
        throw DataError("did not show its training to the observers in its context")
      }
      return outcome
    }
    return (trained, outcome)
  }

  private func finished(_ rounds: PruningRounds, _ inputs: PlanInputs) -> ModelState {
    rounds.finished(derivation(inputs), " + \(type(of: training.recovery).name)")
  }

  // MARK: Beforehand

  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard let state else {
      let sharing = pruning.sharing.map { [$0.stage] } ?? []
      let stages = try sharing + training.gathering(&forecast) + [stage]
      return (Forecast.Entry(outlook: .open, stages: stages), nil)
    }
    var shares: [Double]?
    if let sharing = pruning.sharing {
      shares = try sharing.known(of: state, opened: forecast.opened, forecast.known)?.ofBlocks
      guard shares != nil else {
        let next = forecast.entry(sharing.stage, try sharing.key(of: state, forecast.known.keys))
        let stages = try next.stages + training.gathering(&forecast) + [stage]
        return (Forecast.Entry(outlook: next.outlook, stages: stages), nil)
      }
    }
    let key = try key(of: state, forecast.known.keys)
    let budget = try pruning.budget(for: state.model, opened: forecast.opened, shares: shares)
    guard let found = try known(of: state, key, budget, forecast.known) else {
      var entry = try training.entry(stage, key, &forecast)
      entry.note =
        forecast.known.products.alike(key, in: forecast.known.store).first?.note(key)
      return (entry, nil)
    }
    var trained = state
    trained.model = found.model
    trained.note(.product(key))
    var rounds = try PruningRounds(pruning, of: trained, opened: forecast.opened, shares: shares)
    let chosen = found.outcome.selection
    try rounds.end(with: rounds.cut(chosen, by: found.outcome.scores), chosen)
    let finished = finished(rounds, forecast.inputs)
    var entry = Forecast.Entry.doneBefore
    entry.outcome = Forecast.Outcome(
      removed: rounds.removedByKind,
      model: finished.model,
      reach: rounds.reach(with: Selection(removed: [], ends: []))
    )
    return (entry, finished)
  }

  // An amount that cannot be had is reported by `check`.
  package func follow(_ course: inout PruningCourse) { pruning.follow(&course) }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    let shares = try pruning.sharing?.memory(on: model, needs)
    guard var estimate = try training.memory(on: model, needs),
      let recovery = training.recovery as? any TrainingRecovery
    else { return shares }
    // When gradients are complete, activations are gone: a matrix with its update is there in f32, with a
    // value for each element, and what those are made of.
    let largest = model.configuration.allWeights.map { $0.shape.reduce(1, *) }.max() ?? 0
    let units = pruning.units.flatMap { $0.units(of: model) }.reduce(0) { $0 + $1.count }
    let scoring = 16 *| recovery.trainedCount(of: model) +| 5 *| 4 *| largest
    estimate.bytes = max(estimate.bytes, scoring) +| 64 *| units
    return [estimate, shares].compactMap(\.self).max { $0.bytes < $1.bytes }
  }

  package func remedy(
    on model: LanguageModel,
    _ needs: StepNeeds,
    within available: Int
  ) throws -> String? {
    try training.remedy(on: model, needs, within: available)
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    let shares = try pruning.sharing?.onDisk(model, needs) ?? 0
    guard var need = try training.disk(on: model, needs, after: derivation) else {
      return DiskNeed(passing: shares)
    }
    need.passing = max(need.passing, shares)
    return need
  }

  package func line(_ inputs: PlanInputs) -> String {
    "\(pruning.line(inputs)), gradual \(schedule.signature), "
      + "recover \(training.recovery.shortSignature) on \(inputs.name(ofData: training.data))"
  }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    // The training begins with all that goes in it.
    var start = course
    let trained = try training.details(entry, &start, needs)
    let lines = try pruning.details(entry, &course, needs) + trained
    guard let steps = try? training.stepCount(needs.inputs),
      let course = try? schedule.course(of: steps)
    else {
      return lines
    }
    return lines + [
      "of \(steps) steps: nothing goes up to step \(course.start + 1), then every "
        + "\(schedule.every), everything is gone after step \(course.last + 1)"
    ]
  }
}
