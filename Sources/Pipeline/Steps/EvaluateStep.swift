package import BillhookCore
package import BillhookRecipe

/// The model is measured.
package struct EvaluateStep: PlanStep {
  /// What measures it.
  package let evaluation: any Evaluation
  /// The key of the data; nil for what measures the model by itself.
  package let data: String?
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(evaluation: any Evaluation, data: String?, span: SourceSpan) {
    self.evaluation = evaluation
    self.data = data
    self.span = span
  }

  package var plugins: [any Plugin] { [evaluation] }

  package var use: ModelUse {
    .looks(
      measurement: ModelUse.Measurement(
        identity: evaluation.signature + " on \(data ?? "")",
        statement: "evaluate \(type(of: evaluation).name)"
      )
    )
  }

  /// What the measurement is called in progress and journal.
  func stage(_ inputs: PlanInputs) -> String {
    "evaluate \(evaluation.signature)" + (data.map { " on \(inputs.name(ofData: $0))" } ?? "")
  }

  // MARK: Results

  /// The key of the measurement.
  func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    let isOfMachine = (evaluation as? any ModelEvaluation).map { type(of: $0).isOfMachine } ?? false
    return try keys.key(
      "evaluate",
      of: [("model", state)],
      [
        "evaluation": try keys.plugin(evaluation),
        "data": try data.map(keys.tokens) ?? .null,
        "machine": isOfMachine ? .string(Machine.name) : .null,
      ]
    )
  }

  /// What was measured of a model, and how long that took; nil when that was not done yet.
  private func found(
    of state: ModelState,
    _ known: KnownStages
  ) throws -> (metrics: [Metric], seconds: Double)? {
    let key = try key(of: state, known.keys)
    guard let result = known.store.result(of: key) else { return nil }
    let elements = result["metrics"]?.array ?? []
    let metrics = elements.compactMap(Metric.init)
    guard let seconds = result["seconds"]?.double, metrics.count == elements.count else {
      known.store.refuse(key)
      return nil
    }
    return (metrics, seconds)
  }

  private func keep(
    _ metrics: [Metric],
    seconds: Double,
    of state: ModelState,
    _ known: KnownStages
  ) throws {
    let result: JSON = [
      "metrics": .array(metrics.map(\.json)),
      "seconds": JSONNumber(seconds).map(JSON.number) ?? .null,
    ]
    try known.store.keep(result, of: try key(of: state, known.keys))
  }

  // MARK: Running

  /// Measures the model, and adds a row to the report.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let dataName = data.map(run.inputs.name(ofData:))
    let name = stage(run.inputs)
    let metrics: [Metric]
    let seconds: Double
    if let found = try found(of: state, run.known) {
      (metrics, seconds) = found
      try run.stages.reuse(name) { _ in ((), Self.text(found.metrics)) }
    } else {
      let tokens = try data.map { try run.data[$0] } ?? TokenSet([], note: "")
      (metrics, seconds) = try run.stages.run(name) { _ in
        let start = ContinuousClock.now
        let metrics = try run.files.computing(with: evaluation) {
          try evaluation.finiteMetrics(of: state.model, on: tokens, run.context)
        }
        let seconds = (ContinuousClock.now - start).seconds
        try keep(metrics, seconds: seconds, of: state, run.known)
        return ((metrics, seconds), Self.text(metrics))
      }
    }
    run.report.add(
      Report.Row(
        branches: run.stages.branches,
        state: state.label,
        parameters: state.model.parameterCount,
        nonZero: try state.model.nonZeroCount(),
        bytes: try state.model.byteCount(),
        shape: ModelShapeSummary(state.model),
        metrics: metrics.map { $0.named(for: dataName) },
        seconds: seconds
      )
    )
    return state
  }

  private static func text(_ metrics: [Metric]) -> String {
    let values = metrics.map { "\($0.name) \(rounded($0.value))" }
    // Metrics that were measured together mostly share one note.
    if let note = metrics.first?.protocolNote, metrics.allSatisfy({ $0.protocolNote == note }) {
      return "\(values.joined(separator: ", ")) (\(note))"
    }
    return zip(values, metrics).map { "\($0) (\($1.protocolNote))" }.joined(separator: ", ")
  }

  // MARK: Beforehand

  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    let stage = stage(forecast.inputs)
    guard let state else { return (Forecast.Entry(outlook: .open, stages: [stage]), nil) }
    if try found(of: state, forecast.known) != nil { return (.doneBefore, state) }
    return (forecast.entry(stage, try key(of: state, forecast.known.keys)), state)
  }

  package func check(_ check: inout StepCheck) {
    do throws(ParameterProblem) {
      try (evaluation as? any ModelEvaluation)?.validate(for: check.opened)
    } catch {
      check.report(error, of: evaluation, at: span)
    }
    do throws(DataError) {
      try (evaluation as? any GenerationEvaluation)?.load(of: 1, prompt: 1).check(check.opened)
    } catch {
      check.report(.inconsistent(type(of: evaluation).name, error.description), at: span)
    }
  }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    if let size = data.flatMap(needs.inputs.sizes.size) {
      return try memory(of: size, on: model, needs)
    }
    if let data { return try needs.traversal(of: model).estimate(needs.load(data), candidates: 0) }
    guard !needs.isShort, let evaluation = evaluation as? any ModelEvaluation else { return nil }
    let bytes = evaluation.memory(of: model, dtype: needs.inputs.model.dtype)
    return MemoryEstimate(bytes: bytes, isLeast: false)
  }

  /// What measuring takes that runs the answers to questions, some after others where memory is short.
  private func memory(
    of size: TaskSize,
    on model: LanguageModel,
    _ needs: StepNeeds
  ) throws -> MemoryEstimate {
    if let evaluation = evaluation as? any GenerationEvaluation {
      let load = evaluation.load(
        of: needs.isShort ? 1 : size.questions,
        prompt: min(size.longest, model.configuration.maximumPositions)
      )
      let bytes = load.memory(of: model, dtype: needs.inputs.model.dtype)
      return MemoryEstimate(bytes: bytes, isLeast: false)
    }
    let memory = needs.traversal(of: model)
    var load = needs.load(data)
    load.tokens = try min(load.tokens ?? 0, memory.tokensInMemory(window: size.longest))
    return MemoryEstimate(bytes: try memory.forward(load), isLeast: false)
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    guard type(of: evaluation).dataForm == .text else { return nil }
    let memory = needs.traversal(of: model)
    return DiskNeed(
      passing: try data.map {
        try memory.onDisk(needs.load($0), candidates: 0, isResumed: false)
      } ?? 0
    )
  }

  package func line(_ inputs: PlanInputs) -> String { stage(inputs) }
}
