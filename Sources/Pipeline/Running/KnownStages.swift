import BillhookCore

/// What stages found, by everything that it depends on: looked up, and kept for the next run.
struct KnownStages {
  let keys: StageKeys
  let store: StageStore
  let trainings: TrainingStore

  // MARK: Scores

  /// The scores of a model's units; nil when nobody computed them yet.
  func scores(_ step: ScoreStep, of state: ModelState) throws -> Scores? {
    let key = try keys.scores(step, of: state)
    guard let json = store.result(of: key) else { return nil }
    let blocks = step.unit.units(of: state.model)
    let found = json["scores"]?.members ?? []
    let values = found.compactMap { $0.value == "infinity" ? .infinity : $0.value.double }
    let spans = json["spans"]?.array?.map { ($0.array ?? []).compactMap(\.double) }
    let isComplete = found.map(\.key) == blocks.flatMap(\.all).map { "\($0.number)" }
    guard isComplete,
      let scores = try? Scores(
        criterion: step.criterion.signature,
        scale: step.criterion.scale,
        blocks: blocks,
        values: values,
        spans: spans,
        whole: json["whole"]?.double
      )
    else {
      store.refuse(key)
      return nil
    }
    return scores
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
    if let whole = scores.whole.flatMap(JSONNumber.init) {
      json.append(JSON.Member(key: "whole", value: .number(whole)))
    }
    try store.keep(.object(json), of: try keys.scores(step, of: state))
  }

  // MARK: Metrics

  /// What was measured of a model, and how long that took; nil when nobody did yet.
  func measurement(
    _ step: EvaluateStep,
    of state: ModelState
  ) throws -> (metrics: [Metric], seconds: Double)? {
    let key = try keys.evaluation(step, of: state)
    guard let result = store.result(of: key) else { return nil }
    let elements = result["metrics"]?.array ?? []
    let metrics = elements.compactMap(Metric.init)
    guard let seconds = result["seconds"]?.double, metrics.count == elements.count else {
      store.refuse(key)
      return nil
    }
    return (metrics, seconds)
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

  /// A model with the new weights of a training; nil when nobody trained it to the end yet, or its
  /// weights are not as they were left.
  func trained(_ step: RecoverStep, _ state: ModelState) throws -> LanguageModel? {
    let key = try keys.training(step, of: state)
    guard let files = store.result(of: key)?["weights"]?.array else { return nil }
    let folder = trainings.folder(of: key)
    var model = state.model
    for file in files {
      guard let name = file["name"]?.string, let checksum = file["checksum"]?.string else {
        store.refuse(key)
        return nil
      }
      let path = "\(folder)/\(name)"
      guard trainings.holds(path, checksum: checksum), let edited = try? model.editing(by: path)
      else {
        store.heedDamage("\(path): is not as the training left it, so the model is trained again")
        return nil
      }
      model = edited
    }
    return model
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
    let files = try names.map { name -> JSON in
      let checksum = try trainings.checksum(of: "\(folder)/\(name)")
      return ["name": .string(name), "checksum": .string(checksum)]
    }
    try store.keep(
      ["weights": .array(files), "outcome": outcome?.json ?? .null],
      of: key
    )
    try trainings.clear(key, keeping: names)
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

  /// What tells whether the files that were saved are still as they were left, whatever was put
  /// beside them; nil when they cannot be looked at.
  private static func contents(of directory: String) -> JSON? {
    guard let identities = try? SavedRecord.identities(in: directory) else { return nil }
    let files = identities.sorted { $0.key < $1.key }
    return .object(files.map { JSON.Member(key: $0.key, value: .string($0.value)) })
  }
}
