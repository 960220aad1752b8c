import BillhookModels

/// What stages found, by everything that it depends on: looked up, and kept for the next run.
struct KnownStages {
  let keys: StageKeys
  let store: StageStore
  let trainings: TrainingStore

  // MARK: Scores

  /// The scores of a model's units; nil when nobody computed them yet.
  func scores(_ step: ScoreStep, of state: ModelState) throws -> Scores? {
    guard let json = store.result(of: try keys.scores(step, of: state)) else { return nil }
    let blocks = step.unit.units(of: state.model)
    let found = json["scores"]?.members ?? []
    guard found.map(\.key) == blocks.flatMap(\.all).map({ "\($0.number)" }) else { return nil }
    let values = found.compactMap { $0.value == "infinity" ? .infinity : $0.value.double }
    let spans = json["spans"]?.array?.map { ($0.array ?? []).compactMap(\.double) }
    return try? Scores(
      criterion: step.criterion.signature,
      scale: step.criterion.scale,
      blocks: blocks,
      values: values,
      spans: spans
    )
  }

  /// The scores of several kinds of units; nil when any are missing.
  func scores(_ steps: [ScoreStep], of state: ModelState) throws -> [Scores]? {
    let found = try steps.compactMap { try scores($0, of: state) }
    return found.count == steps.count ? found : nil
  }

  /// Keeps scores: a number for each unit, and the spans' where there are any; JSON has none for
  /// infinity.
  func keep(_ scores: Scores, _ step: ScoreStep, of state: ModelState) throws {
    var json = [JSON.Member(key: "scores", value: scores.json)]
    if let spans = scores.spans {
      let rows = spans.map { JSON.array($0.compactMap { JSONNumber($0).map(JSON.number) }) }
      json.append(JSON.Member(key: "spans", value: .array(rows)))
    }
    try store.keep(.object(json), of: try keys.scores(step, of: state))
  }

  // MARK: Metrics

  /// What was measured of a model, and how long that took; nil when nobody did yet.
  func measurement(
    _ step: EvaluateStep,
    of state: ModelState
  ) throws -> (metrics: [Metric], seconds: Double)? {
    guard let result = store.result(of: try keys.evaluation(step, of: state)),
      let elements = result["metrics"]?.array, let seconds = result["seconds"]?.double
    else { return nil }
    let metrics = elements.compactMap(Metric.init)
    return metrics.count == elements.count ? (metrics, seconds) : nil
  }

  /// Keeps what was measured, and how long that took.
  func keep(
    _ metrics: [Metric],
    seconds: Double,
    _ step: EvaluateStep,
    of state: ModelState
  ) throws {
    let result: JSON = [
      "metrics": .array(metrics.map(\.json)),
      "seconds": JSONNumber(seconds).map(JSON.number) ?? .null,
    ]
    try store.keep(result, of: try keys.evaluation(step, of: state))
  }

  // MARK: Trained models

  /// A model with the new weights of a training; nil when nobody trained it to the end yet.
  func trained(_ step: RecoverStep, _ state: ModelState) throws -> LanguageModel? {
    let key = try keys.training(step, of: state)
    guard let names = store.result(of: key)?["weights"]?.array?.compactMap(\.string) else {
      return nil
    }
    let folder = trainings.folder(of: key)
    return try? names.reduce(state.model) { try $0.editing(by: "\(folder)/\($1)") }
  }

  /// What a training that is over came to; nil where that is not known.
  func outcome(_ step: RecoverStep, _ state: ModelState) throws -> TrainingOutcome? {
    store.result(of: try keys.training(step, of: state))?["outcome"].flatMap(TrainingOutcome.init)
  }

  /// Keeps the new weights of a training and what it came to, and lets go of what it only needed to
  /// go on.
  func keep(
    _ trained: LanguageModel,
    _ outcome: TrainingOutcome?,
    _ step: RecoverStep,
    of state: ModelState
  ) throws {
    let key = try keys.training(step, of: state)
    let folder = trainings.folder(of: key)
    let names = try trained.edits(since: state.model).map { path in
      guard path.hasPrefix("\(folder)/") else {
        throw ModelError(path, "new weights belong into the folder of the recovery, \(folder)")
      }
      return String(path.dropFirst(folder.count + 1))
    }
    try store.keep(
      ["weights": .array(names.map(JSON.string)), "outcome": outcome?.json ?? .null],
      of: key
    )
    guard FileSystem.isDirectory(folder) else { return }
    for name in try FileSystem.names(in: folder) where !names.contains(name) {
      try FileSystem.remove("\(folder)/\(name)")
    }
  }

  // MARK: Saved models

  /// Whether a directory is as a save of this very model left it.
  func isSaved(_ step: SaveStep, _ state: ModelState) throws -> Bool {
    guard let known = store.result(of: try keys.save(step, of: state)) else { return false }
    return known == Self.contents(of: step.path)
  }

  /// Keeps how a save left its directory.
  func keepSaved(_ step: SaveStep, _ state: ModelState) throws {
    guard let contents = Self.contents(of: step.path) else { return }
    try store.keep(contents, of: try keys.save(step, of: state))
  }

  /// What tells whether a directory is still as it was left; nil when it cannot be looked at.
  private static func contents(of directory: String) -> JSON? {
    guard let names = try? FileSystem.names(in: directory) else { return nil }
    var members: [JSON.Member] = []
    for name in names.sorted() {
      guard let file = try? MappedFile("\(directory)/\(name)") else { return nil }
      members.append(JSON.Member(key: name, value: .string(file.identityText)))
    }
    return .object(members)
  }
}
