import BillhookCore

/// The keys of a plan's stages: hashes of what their results depend on, read from the files.
///
/// Keys hold values with their types, never texts for people, in which a setting that is left out
/// and the word `none` may look alike.
final class StageKeys {
  private let plan: Plan
  /// The files that keys hold the contents of.
  let files: PlanFiles
  /// What computes: the build and the machine.
  private let engine: JSON
  /// The type of the arithmetic.
  private let compute: String
  private var data: [String: JSON] = [:]

  init(
    _ plan: Plan,
    _ context: RunContext,
    _ hashes: FileHashes,
    build: String
  ) {
    self.plan = plan
    files = PlanFiles(of: plan, hashes)
    compute = context.dtype.rawValue
    engine = [
      "build": .string(build),
      "libtorch": .string(Runtime.version),
      "device": .string("\(context.device)"),
      "threads": .number(JSONNumber(Runtime.threadCount)),
    ]
  }

  // MARK: Keys

  /// The key of a scoring.
  func scores(_ step: ScoreStep, of state: ModelState) throws -> StageKey {
    let isFromData = step.data != nil && !step.criterion.evidence.isEmpty
    return try key(
      "scores",
      of: [("model", state)],
      [
        "unit": try plugin(step.unit),
        "criterion": try plugin(step.criterion),
        "data": isFromData ? try step.data.map(tokens) ?? .null : .null,
      ]
    )
  }

  /// The key of a measurement.
  func evaluation(_ step: EvaluateStep, of state: ModelState) throws -> StageKey {
    let evaluation = step.evaluation as? any ModelEvaluation
    let isOfMachine = evaluation.map { type(of: $0).isOfMachine } ?? false
    return try key(
      "evaluate",
      of: [("model", state)],
      [
        "evaluation": try plugin(step.evaluation),
        "data": try step.data.map(tokens) ?? .null,
        "machine": isOfMachine ? .string(Machine.name) : .null,
      ]
    )
  }

  /// The key of a saved model with its record.
  func save(_ step: SaveStep, of state: ModelState) throws -> StageKey {
    try key(
      "save",
      of: [("model", state)],
      [
        "format": try plugin(step.format),
        "path": .string(FileSystem.resolved(step.path)),
        "companions": try files.contents(of: files.companions),
        // The texts themselves: they are in the record.
        "steps": .array(state.derivation.map(JSON.string)),
        "removals": .array(try state.removals.map(removal)),
      ]
    )
  }

  private func removal(_ removal: ModelState.Removal) throws -> JSON {
    let step = removal.step
    return [
      "unit": .string(removal.unit), "amount": step.amount.keyPart, "keep": step.keep.keyPart,
      "criterion": try step.criterion.map { try plugin($0) } ?? .null,
      "scores": removal.scores.map { .string(SHA256.hex(ScoreFile.text($0))) } ?? .null,
      "removed": removal.removed.keyPart,
      "calibration": try removal.calibration.map(tokens) ?? .null,
    ]
  }

  /// The key of a repair, a part of the keys of what comes after it.
  func repair(
    _ step: RepairStep,
    of state: ModelState,
    cutFrom whole: ModelState
  ) throws -> StageKey {
    try key(
      "repair",
      of: [("model", state), ("from", whole)],
      ["repair": try plugin(step.repair), "data": try tokens(step.data)]
    )
  }

  /// The key of a training, a part of the keys of what comes after it.
  func training(_ step: RecoverStep, of state: ModelState) throws -> StageKey {
    try key(
      "recover",
      of: [("model", state)],
      ["recovery": try plugin(step.recovery), "data": try tokens(step.data)]
    )
  }

  private func key(
    _ stage: String,
    of models: [(name: String, state: ModelState)],
    _ parts: JSON
  ) throws -> StageKey {
    let source = try source()
    func all(_ identity: (ModelState) -> JSON) -> JSON {
      let models = models.map { JSON.Member(key: $0.name, value: identity($0.state)) }
      let common: [JSON.Member] = [
        .init(key: "source", value: source), .init(key: "compute", value: .string(compute)),
      ]
      return .object(common + models + (parts.members ?? []))
    }
    return StageKey(
      stage: stage,
      engine: engine,
      parts: all { $0.identity(\.hash) },
      work: all { $0.identity(\.workHash) }
    )
  }

  // MARK: What keys are made of

  private func source() throws -> JSON {
    let model = plan.model
    let ignored = model.ignored.sorted().keyPart
    if let seed = model.seed {
      return [
        "new": try files.contents(of: [model.path]), "seed": seed.keyPart, "ignored": ignored,
      ]
    }
    return [
      "model": try files.contents(of: files.model(in: model.path)),
      "adapter": try model.adapter.map { try files.contents(of: files.adapter(in: $0)) } ?? .null,
      "ignored": ignored,
    ]
  }

  /// What a data source's windows are made from.
  private func tokens(_ key: String) throws -> JSON {
    if let known = data[key] { return known }
    guard let step = plan.data[key] else { throw DataError("no data is named `\(key)`") }
    let found: JSON = [
      "source": try plugin(step.source),
      "windows": step.windows.keyPart,
      "tokenizer": try files.contents(of: files.tokenizer(for: step)),
    ]
    data[key] = found
    return found
  }

  private func plugin<P: Plugin>(_ plugin: P) throws -> JSON {
    ["plugin": plugin.keyPart, "files": try files.contents(of: files.paths(of: plugin))]
  }
}
