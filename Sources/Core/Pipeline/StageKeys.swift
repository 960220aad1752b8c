import BillhookModels
import BillhookRecipe
import BillhookTorch

/// The keys of a plan's stages: hashes of what their results depend on, read from the files.
final class StageKeys {
  private let plan: Plan
  private let opened: LanguageModel
  private let hashes: FileHashes
  /// What computes: the build and the machine.
  private let engine: JSON
  private var source: JSON?
  private var data: [String: JSON] = [:]

  init(
    _ plan: Plan,
    _ opened: LanguageModel,
    _ context: RunContext,
    _ hashes: FileHashes,
    build: String
  ) {
    self.plan = plan
    self.opened = opened
    self.hashes = hashes
    engine = [
      "build": .string(build),
      "libtorch": .string(Runtime.version),
      "device": .string("\(context.device)"),
      "dtype": .string(context.dtype.rawValue),
      "threads": .number(JSONNumber(Runtime.threadCount)),
    ]
  }

  /// The key of a scoring.
  func scores(_ step: ScoreStep, of state: ModelState) throws -> StageKey {
    let isFromData = step.data != nil && !step.criterion.evidence.isEmpty
    return StageKey(
      stage: "scores",
      parts: [
        "engine": engine,
        "model": try model(state),
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
    return StageKey(
      stage: "evaluate",
      parts: [
        "engine": engine,
        "model": try model(state),
        "evaluation": try plugin(step.evaluation),
        "data": try step.data.map(tokens) ?? .null,
        "machine": isOfMachine ? .string(Machine.name) : .null,
      ]
    )
  }

  /// The key of a saved model with its record.
  func save(_ step: SaveStep, of state: ModelState) throws -> StageKey {
    StageKey(
      stage: "save",
      parts: [
        "engine": engine,
        "model": try model(state),
        "format": try plugin(step.format),
        "path": .string(FileSystem.resolved(step.path)),
        "companions": try companions(ModelWriter.companions),
        "steps": .array(state.derivation.map(JSON.string)),
        "removals": .array(try state.removals.map(removal)),
      ]
    )
  }

  private func removal(_ removal: ModelState.Removal) throws -> JSON {
    let step = removal.step
    return [
      .string(removal.unit), .string("\(step.amount), \(step.keep)"),
      .string(removal.scores.criterion), .string(SHA256.hex(ScoreFile.text(removal.scores))),
      .array(removal.removed.map { .number(JSONNumber($0)) }),
      try removal.calibration.map(tokens) ?? .null,
    ]
  }

  /// The key of a repair, a part of the keys of what comes after it.
  func repair(
    _ step: RepairStep,
    of state: ModelState,
    cutFrom whole: ModelState
  ) throws -> StageKey {
    StageKey(
      stage: "repair",
      parts: [
        "engine": engine,
        "model": try model(state),
        "from": try model(whole),
        "repair": try plugin(step.repair),
        "data": try tokens(step.data),
      ]
    )
  }

  /// The key of a training, a part of the keys of what comes after it.
  func training(_ step: RecoverStep, of state: ModelState) throws -> StageKey {
    StageKey(
      stage: "recover",
      parts: [
        "engine": engine,
        "model": try model(state),
        "recovery": try plugin(step.recovery),
        "data": try tokens(step.data),
      ]
    )
  }

  private func model(_ state: ModelState) throws -> JSON {
    let known = try source ?? sourceKey()
    source = known
    return ["source": known, "state": state.identity]
  }

  private func sourceKey() throws -> JSON {
    let key = try fileKey()
    let ignored = plan.model.ignored.sorted()
    // Without the member, keys are those of before there was the setting.
    return ignored.isEmpty ? key : ["files": key, "ignore": .array(ignored.map(JSON.string))]
  }

  private func fileKey() throws -> JSON {
    if let seed = plan.model.seed {
      return ["new": try files([plan.model.path]), "seed": .number(JSONNumber(seed))]
    }
    let model = try model(in: opened.directory.path)
    guard let adapter = plan.model.adapter else { return model }
    return [model, try self.adapter(in: adapter)]
  }

  /// What a model directory holds.
  private func model(in directory: String) throws -> JSON {
    let names = try FileSystem.names(in: directory).filter { name in
      name == "config.json" || name.hasSuffix(".safetensors")
        || name == "model.safetensors.index.json"
    }
    return try files(names.sorted().map { "\(directory)/\($0)" })
  }

  private func adapter(in directory: String) throws -> JSON {
    try files(["adapter_config.json", "adapter_model.safetensors"].map { "\(directory)/\($0)" })
  }

  /// What a data source's windows are made from.
  private func tokens(_ key: String) throws -> JSON {
    if let known = data[key] { return known }
    guard let step = plan.data[key] else { throw DataError("no data is named `\(key)`") }
    // Of token ids, the tokenizer says which one begins a window.
    let usesTokenizer = type(of: step.source).yieldsText || step.windows.bos == .every
    let found: JSON = [
      "source": try plugin(step.source),
      "windows": .string(step.windows.signature),
      "tokenizer": usesTokenizer
        ? try companions(["tokenizer.json", "tokenizer_config.json"]) : .null,
    ]
    data[key] = found
    return found
  }

  /// Those of some files beside the model that are there.
  private func companions(_ names: [String]) throws -> JSON {
    try files(names.map(opened.directory.file).filter(FileSystem.exists))
  }

  private func plugin<P: Plugin>(_ plugin: P) throws -> JSON {
    [
      "name": .string(P.name),
      "settings": .string(plugin.resultSignature),
      "files": .array(try P.parameters.flatMap { $0.files(of: plugin) }.compactMap(contents)),
    ]
  }

  private func contents(of file: InputFile) throws -> JSON? {
    switch file.kind {
    case .file: try files([file.path])
    case .model: try model(in: file.path)
    case .adapter: try adapter(in: file.path)
    case .output: nil
    }
  }

  private func files(_ paths: [String]) throws -> JSON {
    .array(
      try paths.map { path in
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return [.string(name), .string(try hashes.hash(of: path))]
      }
    )
  }
}
