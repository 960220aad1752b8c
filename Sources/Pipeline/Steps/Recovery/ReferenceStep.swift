import BillhookCore

/// What the opened model, or another, predicts on data is gathered before something is compared with it, or
/// learns from it: a part of `evaluate` and of `recover`.
struct ReferenceStep: Sendable {
  /// What asks for it.
  let plugin: any Plugin
  /// Which model predicts, and what is kept.
  let teacher: KeptTeacher
  /// The key of the data.
  let data: String

  /// A step for what an evaluation compares with; nil where it compares with nothing.
  init?(_ evaluation: any Evaluation, on data: String?) {
    guard let evaluation = evaluation as? any ReferenceEvaluation, let data else { return nil }
    plugin = evaluation
    teacher = KeptTeacher(evaluation.referenceModel, keeping: evaluation.keptPredictions)
    self.data = data
  }

  /// A step for what a recovery learns from; nil where nothing of a teacher is kept.
  init?(_ recovery: any Recovery, on data: String) {
    guard let teacher = (recovery as? any TrainingRecovery)?.keptTeacher else { return nil }
    plugin = recovery
    self.teacher = teacher
    self.data = data
  }

  /// Which model predicts, in words.
  private var who: String {
    teacher.model.map { "\($0.directory.name.literalText)" } ?? "the opened model"
  }

  /// What it is called in progress and journal.
  func stage(_ inputs: PlanInputs) -> String {
    let heat = teacher.temperature == 1 ? "" : " at temperature \(rounded(teacher.temperature))"
    return "predictions of \(who) on \(inputs.name(ofData: data))\(heat)"
  }

  /// The model that predicts.
  private func model(beside opened: LanguageModel) throws -> LanguageModel {
    try teacher.model.map { try LanguageModel(opening: $0.path) } ?? opened
  }

  /// What is kept, of the tokens that a teacher and the opened model both know.
  private func shape(
    _ count: Int,
    of opened: LanguageModel
  ) throws -> StoredPredictions.Shape {
    let sizes = [opened, try model(beside: opened)].map(\.configuration.vocabularySize)
    return StoredPredictions.Shape(
      count: count,
      vocabulary: min(sizes[0], sizes[1]),
      keeping: teacher.kept
    )
  }

  /// The key of the predictions.
  private func key(of opened: ModelState, _ keys: StageKeys) throws -> StageKey {
    let shape = try shape(0, of: opened.model)
    var parts: [JSON.Member] = [
      .init(key: "data", value: try keys.tokens(data)),
      .init(key: "kept", value: shape.kept.map { .number(JSONNumber($0)) } ?? .null),
    ]
    if teacher.temperature != 1 {
      parts.append(.init(key: "temperature", value: teacher.temperature.keyPart))
    }
    guard let path = teacher.model?.path else {
      return try keys.key("predictions", of: [("model", opened)], .object(parts))
    }
    let files = try keys.files.contents(of: keys.files.model(in: path))
    parts.append(.init(key: "teacher", value: files))
    parts.append(.init(key: "vocabulary", value: .number(JSONNumber(shape.vocabulary))))
    return try keys.key("predictions", of: [], .object(parts))
  }

  // MARK: Running

  /// What is predicted, gathered before or now.
  func run(in run: PlanRun) throws -> StoredPredictions {
    let opened = ModelState(opening: run.inputs.model, run.opened)
    let key = try key(of: opened, run.keys)
    if let known = run.predictions[key.hash] { return known }
    let found = try predictions(by: key, in: run)
    run.predictions[key.hash] = found
    return found
  }

  private func predictions(by key: StageKey, in run: PlanRun) throws -> StoredPredictions {
    let tokens = try run.data[data]
    let stage = stage(run.inputs)
    let shape = try shape(tokens.targetCount, of: run.opened)
    let text = "\(counted(shape.count, "token")), \(MemoryEstimate.shown(shape.byteCount))"
    func found() throws -> StoredPredictions? {
      guard let paths = try run.known.product(key, "pass") else { return nil }
      let folder = paths.first.map(FileSystem.parent) ?? run.work.products.folder(of: key)
      return try StoredPredictions(in: folder, shape)
    }
    if let known = try found() {
      return try run.stages.reuse(stage) { _ in (known, text) }
    }
    let folder = run.work.products.folder(of: key)
    return try run.stage(stage, found: found) { _ in
      let found = try run.files.computing(with: plugin) {
        try Traversal(model(beside: run.opened), run.context).gatherPredictions(
          on: tokens,
          keeping: shape.kept,
          among: shape.vocabulary,
          temperature: teacher.temperature,
          in: folder
        )
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
    if try forecast.known.product(key, "pass") != nil { return [] }
    return forecast.entry(stage(forecast.inputs), key).stages
  }

  /// What gathering takes of memory.
  func memory(beside opened: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate {
    let memory = needs.traversal(of: try model(beside: opened))
    let load = needs.load(data).inPredictionPasses
    var estimate = try memory.estimate(load, candidates: 0)
    estimate.bytes = estimate.bytes +| memory.predictions(load)
    return estimate
  }

  /// What gathering puts on the disk meanwhile, to be resumed.
  func passing(beside opened: LanguageModel, _ needs: StepNeeds) throws -> Int {
    try needs.traversal(of: model(beside: opened))
      .onDisk(needs.load(data).inPredictionPasses, candidates: 0, isResumed: true)
  }

  /// What stays on disk, as far as the settings of the data tell; every step that asks for the
  /// same predictions names them.
  func disk(
    on opened: LanguageModel,
    _ needs: StepNeeds
  ) throws -> (name: String, bytes: Int)? {
    guard let tokens = needs.load(data).tokens else { return nil }
    let shape = try shape(tokens, of: opened)
    var name = "predictions \(data) \(shape.kept ?? 0)"
    if teacher.temperature != 1 { name += " at \(teacher.temperature)" }
    if let path = teacher.model?.path { name += " of \(path)" }
    return (name, shape.byteCount)
  }

  /// What the outline says of it.
  func line(_ opened: LanguageModel, _ needs: StepNeeds) throws -> String {
    let tokens = needs.load(data).tokens
    let shape = try shape(tokens ?? 1, of: opened)
    let kept = shape.kept.map { counted($0, "token") + " and the rest" } ?? "all tokens"
    let size =
      tokens == nil
      ? "\(shape.byteCount) bytes a token" : "about \(MemoryEstimate.shown(shape.byteCount))"
    let use = plugin is any Recovery ? "learns from" : "beside"
    let predictions =
      teacher.model == nil ? "the opened model's predictions" : "the predictions of \(who)"
    return "\(use) \(predictions) (\(kept)): \(size) on disk, gathered once"
  }
}
