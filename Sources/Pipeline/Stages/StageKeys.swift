import BillhookCore

/// What keys of stages are made of: hashes of what their results depend on, read from the files.
///
/// Keys hold values with their types, never texts for people, in which a setting that is left out
/// and the word `none` may look alike.
final class StageKeys {
  private let inputs: PlanInputs
  /// The files that keys hold the contents of.
  let files: PlanFiles
  /// What computes: the build and the machine.
  private let engine: JSON
  /// The type of the arithmetic.
  private let compute: String
  /// The number of processes that share the work.
  private let processes: Int
  private var data: [String: JSON] = [:]

  init(
    _ inputs: PlanInputs,
    _ files: PlanFiles,
    _ context: RunContext,
    build: String,
    processes: Int = 1
  ) {
    self.inputs = inputs
    self.files = files
    compute = context.dtype.rawValue
    self.processes = processes
    let graphics = Machine.graphicsProcessors(for: context.device)
    engine = .object(
      [
        .init(key: "build", value: .string(build)),
        .init(key: "libtorch", value: .string(Runtime.version)),
        .init(key: "device", value: .string("\(context.leadingDevice)")),
        .init(key: "processor", value: .string(Runtime.processor)),
        .init(key: "threads", value: .number(JSONNumber(Runtime.threadCount))),
      ] + (graphics.map { [.init(key: "graphics", value: .string($0))] } ?? [])
    )
  }

  // MARK: Keys

  /// The key of a stage.
  ///
  /// - Parameters:
  ///   - stage: What it does, for example `scores`.
  ///   - models: The models that it works on, by their part in it.
  ///   - parts: Everything else that its result depends on.
  ///   - addsUp: Whether several processes add up rounded numbers, so that the last bits of the result
  ///     depend on how many there are.
  /// - Returns: The key.
  /// - Throws: `FileError` when a file of the model cannot be read.
  func key(
    _ stage: String,
    of models: [(name: String, state: ModelState)],
    _ parts: JSON,
    addsUp: Bool = false
  ) throws -> StageKey {
    let source = try source()
    func all(_ identity: (ModelState) -> JSON) -> JSON {
      let models = models.map { JSON.Member(key: $0.name, value: identity($0.state)) }
      let common: [JSON.Member] = [
        .init(key: "source", value: source), .init(key: "compute", value: .string(compute)),
      ]
      return .object(common + models + (parts.members ?? []))
    }
    let sharing: [JSON.Member] =
      addsUp && processes > 1
      ? [.init(key: "processes", value: .number(JSONNumber(processes)))] : []
    return StageKey(
      stage: stage,
      engine: .object((engine.members ?? []) + sharing),
      parts: all { $0.identity(\.hash) },
      work: all { $0.identity(\.workHash) }
    )
  }

  // MARK: What keys are made of

  private func source() throws -> JSON {
    let model = inputs.model
    let ignored = model.ignored.sorted().keyPart
    if let seed = model.seed {
      return [
        "new": try files.contents(of: [model.path]), "seed": seed.keyPart, "ignored": ignored,
      ]
    }
    return [
      "model": try files.contents(of: files.model(in: model.path)),
      "adapter": try model.adapter.map { try files.contents(of: ModelStep.files(inAdapter: $0)) }
        ?? .null,
      "ignored": ignored,
      "zeros": .bool(model.keepsZeros),
    ]
  }

  /// What a data source's windows are made from.
  func tokens(_ key: String) throws -> JSON {
    if let known = data[key] { return known }
    guard let step = inputs.data[key] else { throw DataError("no data is named `\(key)`") }
    var members = [
      JSON.Member(key: "source", value: try plugin(step.source)),
      JSON.Member(key: "windows", value: step.windows.keyPart),
      JSON.Member(key: "tokenizer", value: try files.contents(of: files.tokenizer(for: step))),
    ]
    if !step.parts.isEmpty {
      members.append(
        JSON.Member(key: "parts", value: .array(try step.parts.map { try tokens($0) }))
      )
    }
    let found = JSON.object(members)
    data[key] = found
    return found
  }

  /// A plugin as it is set, with what is in the files that it reads.
  func plugin<P: Plugin>(_ plugin: P) throws -> JSON {
    ["plugin": plugin.keyPart, "files": try files.contents(of: files.paths(of: plugin))]
  }
}
