import BillhookCore

/// What the opened model predicts on data is gathered before something is compared with it: a part of
/// `evaluate`.
struct ReferenceStep: Sendable {
  /// What compares with it.
  let evaluation: any ReferenceEvaluation
  /// The key of the data.
  let data: String

  /// A step for what an evaluation compares with; nil where it compares with nothing.
  init?(_ evaluation: any Evaluation, on data: String?) {
    guard let evaluation = evaluation as? any ReferenceEvaluation, let data else { return nil }
    self.evaluation = evaluation
    self.data = data
  }

  /// What it is called in progress and journal.
  func stage(_ inputs: PlanInputs) -> String {
    "predictions of the opened model on \(inputs.name(ofData: data))"
  }

  private func shape(
    _ count: Int,
    of model: LanguageModel
  ) -> StoredPredictions.Shape {
    StoredPredictions.Shape(
      count: count,
      vocabulary: model.configuration.vocabularySize,
      keeping: evaluation.keptPredictions
    )
  }

  /// The key of the predictions.
  private func key(of opened: ModelState, _ keys: StageKeys) throws -> StageKey {
    let kept = shape(0, of: opened.model).kept
    return try keys.key(
      "predictions",
      of: [("model", opened)],
      ["data": try keys.tokens(data), "kept": kept.map { .number(JSONNumber($0)) } ?? .null]
    )
  }

  // MARK: Running

  /// What the opened model predicts, gathered before or now.
  func run(in run: PlanRun) throws -> StoredPredictions {
    let opened = ModelState(opening: run.inputs.model, run.opened)
    let key = try key(of: opened, run.keys)
    if let known = run.predictions[key.hash] { return known }
    let found = try predictions(by: key, in: run)
    run.predictions[key.hash] = found
    return found
  }

  private func predictions(by key: StageKey, in run: PlanRun) throws -> StoredPredictions {
    let folder = run.work.products.folder(of: key)
    let tokens = try run.data[data]
    let stage = stage(run.inputs)
    let shape = shape(tokens.targetCount, of: run.opened)
    let text = "\(counted(shape.count, "token")), \(MemoryEstimate.shown(shape.byteCount))"
    if run.known.product(key, "pass") != nil {
      let known = try StoredPredictions(in: folder, shape)
      return try run.stages.reuse(stage) { _ in (known, text) }
    }
    return try run.stages.run(stage) { _ in
      let found = try run.files.computing(with: evaluation) {
        try Traversal(run.opened, run.context)
          .gatherPredictions(on: tokens, keeping: shape.kept, in: folder)
      }
      try run.known.keep(StoredPredictions.fileNames, by: key)
      return (found, text)
    }
  }

  // MARK: Beforehand

  /// The stage, where nobody gathered the predictions yet, and no step above does.
  func stages(_ forecast: inout StepForecast) throws -> [String] {
    let opened = ModelState(opening: forecast.inputs.model, forecast.opened)
    let key = try key(of: opened, forecast.known.keys)
    if forecast.known.product(key, "pass") != nil { return [] }
    return forecast.entry(stage(forecast.inputs), key).stages
  }

  /// What stays on disk, as far as the settings of the data tell; every step that compares with the
  /// same predictions names them.
  func disk(on opened: LanguageModel, _ needs: StepNeeds) -> (name: String, bytes: Int)? {
    guard let tokens = needs.load(data).tokens else { return nil }
    let shape = shape(tokens, of: opened)
    return ("predictions \(data) \(shape.kept ?? 0)", shape.byteCount)
  }

  /// What the outline says of it.
  func line(_ opened: LanguageModel, _ needs: StepNeeds) -> String {
    let tokens = needs.load(data).tokens
    let shape = shape(tokens ?? 1, of: opened)
    let kept = shape.kept.map { counted($0, "token") + " and the rest" } ?? "all tokens"
    let size =
      tokens == nil
      ? "\(shape.byteCount) bytes a token" : "about \(MemoryEstimate.shown(shape.byteCount))"
    return "beside the opened model's predictions (\(kept)): \(size) on disk, gathered once"
  }
}
