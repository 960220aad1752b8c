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

  package var measurement: MeasuredNames.Measurement? { subject }

  /// What is measured.
  private var subject: MeasuredNames.Measurement {
    MeasuredNames.Measurement(evaluation: evaluation, data: data)
  }

  /// What the measurement is called in progress and journal.
  func stage(_ inputs: PlanInputs) -> String {
    // Prompts may be many; the report has them.
    let signature =
      evaluation is any SamplingEvaluation
      ? type(of: evaluation).name : evaluation.signature
    return "evaluate \(signature)" + (data.map { " on \(inputs.name(ofData: $0))" } ?? "")
  }

  // MARK: Results

  /// The key of the measurement.
  func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key("evaluate", of: [("model", state)], keyParts(keys))
  }

  /// What a measurement depends on beside the model.
  func keyParts(_ keys: StageKeys) throws -> JSON {
    let isOfMachine = (evaluation as? any ModelEvaluation).map { type(of: $0).isOfMachine } ?? false
    return [
      "evaluation": try keys.plugin(evaluation),
      "data": try data.map(keys.tokens) ?? .null,
      "machine": isOfMachine ? .string(Machine.name) : .null,
      "text": evaluation.writesText ? try keys.files.contents(of: keys.files.textual) : .null,
    ]
  }

  /// What was measured of a model; nil when that was not done yet.
  private func found(of state: ModelState, _ known: KnownStages) throws -> MeasuredModel? {
    let key = try key(of: state, known.keys)
    guard let result = try known.store.result(of: key) else { return nil }
    guard let measured = MeasuredModel(result) else {
      known.store.refuse(key)
      return nil
    }
    return measured
  }

  // MARK: Running

  /// Whether several processes share what is measured: all that has data.
  private var isDealt: Bool { !(evaluation is any ModelEvaluation) }

  private func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    beside reference: StoredPredictions?,
    in run: PlanRun
  ) throws -> MeasuredModel {
    let context = isDealt ? run.shared : run.context
    let start = ContinuousClock.now
    var measured = try run.files.computing(with: evaluation) {
      if let reference, let evaluation = evaluation as? any ReferenceEvaluation {
        return MeasuredModel(
          try evaluation.finiteMetrics(of: model, on: tokens, beside: reference, context)
        )
      }
      if let evaluation = evaluation as? any SamplingEvaluation {
        return try MeasuredModel(sampling: model, by: evaluation, context)
      }
      return MeasuredModel(try evaluation.finiteMetrics(of: model, on: tokens, context))
    }
    measured.seconds = (ContinuousClock.now - start).seconds
    return measured
  }

  /// Measures the model, and adds a row to the report.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let name = stage(run.inputs)
    let measured: MeasuredModel
    if let found = try found(of: state, run.known) {
      measured = found
      try run.stages.reuse(name) { _ in ((), Self.text(found.metrics)) }
    } else {
      let tokens = try data.map { try run.data[$0] } ?? TokenSet([], note: "")
      let reference = try ReferenceStep(evaluation, on: data)?.run(in: run)
      measured = try run.stage(
        name,
        found: { try found(of: state, run.known) },
        following: {
          guard isDealt else { return }
          _ = try measure(state.model, on: tokens, beside: reference, in: run)
        }
      ) { _ in
        let measured = try measure(state.model, on: tokens, beside: reference, in: run)
        try run.known.store.keep(measured.json, of: key(of: state, run.keys))
        return (measured, Self.text(measured.metrics))
      }
    }
    let zeros = try state.model.maskedCounts()
    run.report.add(
      Report.Row(
        branches: run.stages.branches,
        state: state.label,
        method: state.method,
        model: state.identityHash,
        parameters: state.model.parameterCount,
        nonZero: zeros.isEmpty
          ? nil : state.model.parameterCount - zeros.values.reduce(0, +),
        bytes: try state.model.byteCount(),
        shape: ModelShapeSummary(state.model),
        sparsity: zeros.isEmpty ? [] : state.model.sparsity(zeros),
        metrics: run.names.named(measured.metrics, of: subject),
        samples: run.names.named(measured.samples, of: subject),
        seconds: measured.seconds
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
    let entry = forecast.entry(stage, try key(of: state, forecast.known.keys))
    guard entry.outlook == .ahead, let reference = ReferenceStep(evaluation, on: data) else {
      return (entry, state)
    }
    let stages = try reference.stages(&forecast) + entry.stages
    return (Forecast.Entry(outlook: .ahead, stages: stages), state)
  }

  package func check(_ check: inout StepCheck) {
    do throws(ParameterProblem) {
      try (evaluation as? any ModelEvaluation)?.validate(for: check.opened)
      try (evaluation as? any ReferenceEvaluation)?.validate(for: check.opened)
    } catch {
      check.report(error, of: evaluation, at: span)
    }
    do throws(FileError) {
      if evaluation.writesText { _ = try check.opened.directory.endTokens() }
    } catch {
      check.report(.unusableModel(error.description), at: span)
    }
    guard let evaluation = evaluation as? any GenerationEvaluation else { return }
    do throws(DataError) {
      try evaluation.load(of: 1, prompt: 1).check(check.opened)
      checkPrompts(evaluation, &check)
    } catch {
      check.report(.inconsistent(type(of: evaluation).name, error.description), at: span)
    }
  }

  /// Warns of prompts that are too long for what is to be written after them.
  private func checkPrompts(_ evaluation: any GenerationEvaluation, _ check: inout StepCheck) {
    guard let data, let step = check.inputs.data[data], let size = check.inputs.sizes.size(of: data)
    else { return }
    let tokens = evaluation.load(of: 1, prompt: 1).output
    let room = check.opened.configuration.maximumPositions - tokens
    let count = size.requests(longerThan: room)
    guard count > 0 else { return }
    check.report(
      .truncatedPrompts(step.place, count, of: size.requests, room: room, tokens: tokens),
      at: span
    )
  }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    if let size = data.flatMap(needs.inputs.sizes.size) {
      return try memory(of: size, on: model, needs)
    }
    if let data {
      let (memory, load) = (needs.traversal(of: model), needs.load(data))
      var estimate = try memory.estimate(load, candidates: 0)
      if evaluation is any ReferenceEvaluation {
        estimate.bytes = estimate.bytes +| memory.predictions(load)
      }
      return estimate
    }
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
    guard let data, type(of: evaluation).dataForm == .text else { return DiskNeed() }
    let reference = ReferenceStep(evaluation, on: data)
    // What is compared with is gathered by a pass that is resumed.
    let passing = try needs.traversal(of: model)
      .onDisk(needs.load(data), candidates: 0, isResumed: reference != nil)
    return DiskNeed(passing: passing, shared: try reference?.disk(on: model, needs))
  }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    guard entry?.outlook != .doneBefore, let reference = ReferenceStep(evaluation, on: data) else {
      return []
    }
    return [try reference.line(course.model, needs)]
  }

  package func line(_ inputs: PlanInputs) -> String { stage(inputs) }
}

extension LanguageModel {
  /// How many weights of each block are held at zero.
  ///
  /// - Parameter zeros: The zeros of each masked projection.
  /// - Returns: An entry for each block that is left.
  fileprivate func sparsity(_ zeros: [WeightID: Int]) -> [Report.BlockSparsity] {
    blocks.map { block in
      let own = configuration.weights(of: block).filter { $0.id.role.kind == .projection }
      return Report.BlockSparsity(
        block: block.sourceIndex,
        weights: own.reduce(0) { $0 + $1.shape.reduce(1, *) },
        zeros: own.reduce(0) { $0 + (zeros[$1.id] ?? 0) }
      )
    }
  }
}
