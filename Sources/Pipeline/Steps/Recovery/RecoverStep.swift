package import BillhookCore
package import BillhookRecipe

/// The model is trained.
package struct RecoverStep: PlanStep {
  /// What trains it.
  package let recovery: any Recovery
  /// The key of the training data.
  package let data: String
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(recovery: any Recovery, data: String, span: SourceSpan) {
    self.recovery = recovery
    self.data = data
    self.span = span
  }

  package var plugins: [any Plugin] { [recovery] }

  package var use: ModelUse { .changes(keyword: "recover", isWritten: !outputPaths.isEmpty) }

  /// What the training is called in progress and journal.
  private var stage: String { "recover \(recovery.shortSignature)" }

  private var name: String { type(of: recovery).name }

  /// What a teacher predicts, where that is gathered before the training.
  var teaching: ReferenceStep? { ReferenceStep(recovery, on: data) }

  /// The directories that it writes in addition to the model, at paths from the recipe.
  var outputPaths: [String] { Self.outputPaths(of: recovery) }

  private static func outputPaths<R: Recovery>(of recovery: R) -> [String] {
    R.parameters.flatMap { $0.files(of: recovery) }.filter { $0.kind == .output }.map(\.path)
  }

  package func derivation(_ inputs: PlanInputs) -> String? {
    "recover \(recovery.resultSignature), \(inputs.described(data))"
  }

  // MARK: Results

  /// Whether several processes deal out the training: what trains step by step by Engine's loop.
  private var isDealt: Bool { recovery is any TrainingRecovery }

  /// The key of the training, a part of the keys of what comes after it.
  private func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "recover",
      of: [("model", state)],
      ["recovery": try keys.plugin(recovery), "data": try keys.tokens(data)],
      addsUp: isDealt
    )
  }

  // MARK: Running

  /// Trains the model, unless that was done before; a training that was stopped goes on.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let before = state
    var state = state
    let key = try key(of: before, run.keys)
    if let trained = try run.known.product(key, of: before.model, "training") {
      state.model = trained
      try reuse(trained, key, from: before, stage, run)
    } else {
      state.model = try train(before, key, stage, run, isDealt: isDealt)
    }
    state.note(.product(key))
    let derivation = derivation(run.inputs) ?? ""
    state.note(.statement(Change.Wording(derivation: derivation, label: "+ \(name)")))
    return state
  }

  private func checkPlaces(_ run: PlanRun) throws {
    for path in outputPaths { try run.places.check(path) }
  }

  private func context(
    _ before: ModelState,
    _ key: StageKey,
    _ run: PlanRun,
    hearing context: RunContext,
    log: String?,
    predictions: StoredPredictions? = nil,
    observers: [any TrainingObserver] = []
  ) -> RecoveryContext {
    let place = run.work.products.folder(of: key)
    return RecoveryContext(
      // New weights go where a later run finds them.
      run: context.keepingScratch(at: place),
      opened: run.opened,
      predictions: predictions,
      savedAs: before.savedAs,
      folder: place,
      log: log,
      observers: observers
    )
  }

  /// Takes what was trained before.
  func reuse(
    _ trained: LanguageModel,
    _ key: StageKey,
    from before: ModelState,
    _ stage: String,
    _ run: PlanRun,
    whileUnitsGo: Bool = false
  ) throws {
    try checkPlaces(run)
    let known = try run.known.store.result(of: key)?["outcome"].flatMap(TrainingOutcome.init)
    let context = context(before, key, run, hearing: run.context, log: nil)
    try run.stages.reuse(stage) { byproducts in
      if run.processes.leads {
        try recovery.answer { try recovery.export(trained, from: before.model, context) }
        if let log = try known.flatMap({ try copyLog(of: $0, key, run) }) {
          byproducts.files.append(log)
        } else if run.context.events != nil {
          byproducts.notes.append(
            "\(stage): it was trained by an earlier run, and its log is not kept, so there is nothing for "
              + "TensorBoard"
          )
        }
      }
      if !whileUnitsGo { byproducts.warnings += known?.warning.map { [$0] } ?? [] }
      return ((), "trained before" + (known.map { ": \($0.summary)" } ?? ""))
    }
    if let known { report(known, of: before, run) }
  }

  /// Writes the log of a training that is known where a training writes its own.
  ///
  /// - Returns: The name of the file in the folder of the run; nil where the log is not kept.
  private func copyLog(
    of known: TrainingOutcome,
    _ key: StageKey,
    _ run: PlanRun
  ) throws -> String? {
    let kept = "\(run.work.products.folder(of: key))/\(TrainingOutcome.logName)"
    guard let bytes = try? FileSystem.read(kept), TrainingOutcome(log: bytes) == known else {
      return nil
    }
    let log = try run.folder.log(as: logStem(run))
    var sinks = try run.context.sinks(of: log)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let line = LogLine(parsing: Array(line) + [UInt8(ascii: "\n")])
      for index in sinks.indices { try sinks[index].append(line) }
    }
    for sink in sinks { try sink.finish() }
    return String(log.dropFirst(run.folder.path.count + 1))
  }

  private func logStem(_ run: PlanRun) -> String {
    "training-\(name)" + run.stages.branches.fileStem
  }

  /// Trains a model; a training that was stopped goes on.
  ///
  /// - Parameters:
  ///   - before: The model.
  ///   - key: The key of the training, under which it is kept.
  ///   - stage: What it is called in progress and journal.
  ///   - run: What the step needs.
  ///   - isDealt: Whether several processes share the training, or process 0 trains alone.
  ///   - observers: Who watches the training, and may change it.
  ///   - record: What is kept beside the weights when it is over.
  /// - Returns: The model after the training.
  /// - Throws: What the recovery throws.
  func train(
    _ before: ModelState,
    _ key: StageKey,
    _ stage: String,
    _ run: PlanRun,
    isDealt: Bool = false,
    observers: [any TrainingObserver] = [],
    record: () -> [JSON.Member] = { [] }
  ) throws -> LanguageModel {
    try checkPlaces(run)
    let tokens = try run.data[data]
    let predictions = try teaching?.run(in: run)
    let log = try run.folder.log(as: logStem(run))
    let watch = TrainingWatch(isDealt ? run.shared : run.context)
    let context = context(
      before,
      key,
      run,
      hearing: watch.context,
      log: log,
      predictions: predictions,
      observers: observers
    )
    for other in run.work.products.alike(key, in: run.known.store) {
      run.stages.note("\(stage): \(other.note(key))", of: stage)
    }
    var outcome: TrainingOutcome?
    func following() throws {
      _ = try run.files.computing(with: recovery) {
        try recovery.train(before.model, on: tokens, context)
      }
    }
    let trained = try run.stage(
      stage,
      found: { try run.known.product(key, of: before.model, "training") },
      following: isDealt ? following : nil
    ) { byproducts in
      try run.work.products.begin(key)
      let trained = try recovery.answer {
        let trained = try run.files.computing(with: recovery) {
          try recovery.train(before.model, on: tokens, context)
        }
        try trained.check(trainedFrom: before.model)
        outcome = (try? FileSystem.read(log)).flatMap { TrainingOutcome(log: $0) }
        try run.known.keep(
          trained,
          of: before.model,
          by: key,
          outcome: outcome?.json ?? .null,
          record()
        )
        try checkPlaces(run)
        try recovery.export(trained, from: before.model, context)
        return trained
      }
      if FileSystem.exists(log) {
        byproducts.files.append(String(log.dropFirst(run.folder.path.count + 1)))
      }
      // Where units go meanwhile, a loss that grows is no fault of the training.
      if observers.isEmpty { byproducts.warnings += outcome?.warning.map { [$0] } ?? [] }
      let words = [outcome?.summary ?? watch.loss, watch.speed].filter { !$0.isEmpty }
      return (trained, words.joined(separator: "; "))
    }
    if let outcome { report(outcome, of: before, run) }
    return trained
  }

  private func report(_ outcome: TrainingOutcome, of before: ModelState, _ run: PlanRun) {
    run.report.trainings.append(
      Report.Training(
        branches: run.stages.branches,
        of: before.label,
        recovery: name,
        outcome: outcome
      )
    )
  }

  // MARK: Beforehand

  /// How much is left of the training, and the state after it; where it is not trained yet, the
  /// model of that state has only the right shapes, which is enough for keys.
  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard var state else {
      let stages = try gathering(&forecast) + [stage]
      return (Forecast.Entry(outlook: .open, stages: stages), nil)
    }
    let known = forecast.known
    let key = try key(of: state, known.keys)
    let trained = try known.product(key, of: state.model, "training")
    var entry = try trained == nil ? self.entry(stage, key, &forecast) : .doneBefore
    if trained == nil { entry.note = known.products.alike(key, in: known.store).first?.note(key) }
    state.model = trained ?? state.model
    state.note(.product(key))
    let derivation = derivation(forecast.inputs) ?? ""
    state.note(.statement(Change.Wording(derivation: derivation, label: "+ \(name)")))
    return (entry, state)
  }

  /// A training that is not done yet, unless a step above does it, with what comes before it.
  func entry(
    _ stage: String,
    _ key: StageKey,
    _ forecast: inout StepForecast
  ) throws -> Forecast.Entry {
    let entry = forecast.entry(stage, key)
    guard entry.outlook == .ahead else { return entry }
    return Forecast.Entry(outlook: .ahead, stages: try gathering(&forecast) + entry.stages)
  }

  /// The stage in which a teacher's predictions are gathered; none where they are there, or not asked for.
  func gathering(_ forecast: inout StepForecast) throws -> [String] {
    try teaching?.stages(&forecast) ?? []
  }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    let parts = (recovery as? any TrainingRecovery)?.trainedParts
    if course.isKnown, let problem = parts.flatMap({ course.problem(with: $0) }) {
      throw DataError("`\(name)`: `train` \(problem)")
    }
    var lines = [partOfModel(course.model)].compactMap(\.self)
    if entry?.outlook != .doneBefore, let teaching {
      lines.append(try teaching.line(course.model, needs))
    }
    if entry?.outlook != .doneBefore {
      lines += outputPaths.filter { OutputDirectory($0).isTaken }.map {
        "\($0) holds what an earlier run wrote: if it differs, this one ends when the training is over"
      }
    }
    return lines
  }

  /// How much of the model is trained, where that is not everything.
  private func partOfModel(_ model: LanguageModel) -> String? {
    guard let recovery = recovery as? any TrainingRecovery, recovery.trainsWeights else {
      return nil
    }
    let (count, all) = (recovery.trainedCount(of: model), model.parameterCount)
    guard count < all else { return nil }
    return "trains \(count) of \(all) parameters (\(rounded(100 * Double(count) / Double(all))) %)"
  }

  package func line(_ inputs: PlanInputs) -> String {
    "recover  \(recovery.shortSignature) on \(inputs.name(ofData: data))"
  }
}

extension LanguageModel {
  /// Refuses what a training must not leave behind: other shapes, or weights that are not finite.
  fileprivate func check(trainedFrom model: LanguageModel) throws {
    let (found, expected) = (configuration.allWeights, model.configuration.allWeights)
    guard found.map(\.id) == expected.map(\.id), found.map(\.shape) == expected.map(\.shape) else {
      throw DataError("gave a model with other weights or shapes than it was given")
    }
    for id in try changedWeights(since: model).sorted(by: { "\($0)" < "\($1)" })
    where try !weights.stored(id).allFinite() {
      let type = try weights.storedType(id)
      throw DataError("gave the weight \(id) values that are not finite in \(type), its type")
    }
  }
}
