import BillhookCore

/// LoRA: the weights stay as they are, and low-rank updates of some are trained, then merged.
///
/// Source: Hu et al., LoRA, 2021, arXiv 2106.09685, section 4.1; the defaults are those of
/// Shortened LLaMA, 2024, arXiv 2402.02834, and its code. On sparse models: MaskLoRA of Zimmer et
/// al., PERP, 2023, arXiv 2312.15230.
struct LoRA: TrainingRecovery {
  static let name = "lora"
  static let summary = "LoRA: low-rank updates of projections are trained and merged."

  static let reference: Reference? = Reference(
    formula: """
      W' = W + alpha / rank · B·A           rslora: alpha / √rank

      A [rank, in] is drawn at random, B [out, rank] starts as zeros; W stays as
      it is, A and B are trained, and W' is the weight afterwards.

      sparse: W' = W + (alpha / rank · B·A) ∘ M

      M: 1 where the mask of W keeps an element, and 0 where it holds it at zero.
      Passes of the training compute with W' as well.
      """,
    papers: [
      .lora.part("section 4.1"), .rankStabilisedLoRA, .shortenedLLaMA, .perp.part("MaskLoRA"),
    ],
    differences: [
      "LoRA's paper updates attention alone. By default all seven projections of a block "
        + "are updated, as Shortened LLaMA's code does, with its rank, alpha and dropout.",
      "PEFT gives projections that a model keeps in one tensor one common A. Here each "
        + "has its own, unless `fused = true`.",
      "PERP's code takes the zeros of W for its mask. Here a mask is what pruning left, so a weight "
        + "that happens to be zero is trained. Masked updates have no dropout: there is no input of "
        + "their own that it could thin.",
    ]
  )

  /// What becomes of the zeros of a sparse model.
  enum Merge: String, Choice {
    /// Updates are masked, in training and when they are merged.
    case masked
    /// Updates are not masked, and so they stay apart from the weights.
    case none
  }

  /// The rank of an update.
  var rank = 8
  /// The factor of an update, times its rank.
  var alpha = 16.0
  /// The probability that an element of an update's input is dropped in training; nil for 0.05, and for
  /// 0 where updates are masked.
  var dropout: Double?
  /// Whether updates are scaled by the root of the rank (Kalajdzievski, 2023, arXiv 2312.03732).
  var rslora = false
  /// The projections that are updated.
  var targets = Projection.allCases
  /// Whether projections that the model keeps in one tensor share their first matrix, as if they
  /// were one projection, which is how PEFT treats them.
  var fused = false
  /// What becomes of the zeros of a sparse model; on a dense one it changes nothing.
  var merge = Merge.masked
  /// The directory that the updates are written to as well, as a PEFT adapter; nil for none.
  var adapter: OutputPath?
  var training = TrainingSettings()

  static let parameters =
    [
      Parameter<Self>("rank", \.rank, in: 1...65_536, help: "rank of an update"),
      Parameter("alpha", \.alpha, in: 0...1e6, help: "scale of an update, times its rank"),
      Parameter(
        "dropout",
        \.dropout,
        in: 0...0.99,
        help: "share of an input that is dropped, the same for all projections that it enters; "
          + "without it, 0.05, and 0 where updates are masked"
      ),
      Parameter("rslora", \.rslora, help: "whether to scale by the root of the rank instead"),
      Parameter("targets", \.targets, help: "projections that are updated"),
      Parameter(
        "fused",
        \.fused,
        help: "train projections that the model keeps in one tensor as one, as PEFT does"
      ),
      Parameter(
        "merge",
        \.merge,
        help: "how updates of a sparse model are merged: masked like its weights, or not at all"
      ),
      Parameter("adapter", \.adapter, help: "directory for the updates as a PEFT adapter")
        .withoutEffect(),
    ] + TrainingSettings.parameters(at: \.training)

  func validate() throws(ParameterProblem) {
    guard !targets.isEmpty else { throw ParameterProblem("targets", "must name a projection") }
    if merge == .none, adapter == nil {
      throw ParameterProblem(
        "merge",
        "`none` keeps the updates apart from the model, in a directory of their own; "
          + "set `adapter = \"…\"`"
      )
    }
    try training.validate()
  }

  /// Refuses a directory that holds something other than an adapter, and targets that name only
  /// some of the projections that are fused: those are trained all together, or not at all.
  func validate(for opened: LanguageModel) throws(ParameterProblem) {
    if let path = adapter?.path, OutputDirectory(path).isTaken,
      !FileSystem.exists("\(path)/adapter_config.json")
    {
      throw ParameterProblem(
        "adapter",
        "\(path) exists and holds no adapter; move it away, or choose another path"
      )
    }
    try validateMasks(of: opened)
    guard fused else { return }
    let groups = opened.configuration.fusedProjections
    guard !groups.isEmpty else {
      throw ParameterProblem(
        "fused",
        "the model keeps every projection in a tensor of its own; leave it out"
      )
    }
    for group in groups {
      let names = group.map { "`\($0.role.rawValue)`" }.joined(separator: ", ")
      let count = group.count { id in targets.contains { $0.role == id.role } }
      guard count > 0, count < group.count else { continue }
      throw ParameterProblem(
        "targets",
        "`fused` trains \(names) as one, because the model keeps them in one tensor; name all of them, "
          + "or none"
      )
    }
  }

  private var roles: Set<WeightRole> { Set(targets.map(\.role)) }

  /// What updates are multiplied by.
  var scale: Double { alpha / (rslora ? Double(rank).squareRoot() : Double(rank)) }

  var usualEpochs: Int { 2 }

  var trainsWeights: Bool { false }

  var masksUpdates: Bool { merge == .masked }

  func trainedCount(of model: LanguageModel) -> Int {
    model.configuration.count(ofUpdates: roles, rank: rank, fused: fused)
  }

  func trainedWeights(of model: LanguageModel) -> Set<WeightID> {
    Set(model.configuration.allWeights.map(\.id).filter { roles.contains($0.role) })
  }

  func addedBytes(of model: LanguageModel, in dtype: DType) -> Int {
    model.configuration.bytes(ofUpdates: roles, rank: rank, dropout: dropout(on: model), in: dtype)
  }

  func train(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RecoveryContext
  ) throws -> LanguageModel {
    let trainee = try LowRankWeights(
      of: model,
      roles: roles,
      fused: fused,
      rank: rank,
      scale: scale,
      dropout: dropout(on: model),
      masked: masksUpdates,
      seed: RandomSeed(training.seed).derived("lora"),
      device: context.run.device
    )
    var training = try Training(trainee, on: tokens, training, epochs: usualEpochs, context)
    return try training.run()
  }

  /// Another adapter at the path: one with other settings, of other weights, or of another base.
  func obstacleToExport(
    _ model: LanguageModel,
    savedAs bases: Set<String>,
    isCertain: Bool
  ) -> ParameterProblem? {
    guard let path = adapter?.path, OutputDirectory(path).isTaken else { return nil }
    let writer = AdapterWriter(for: model, settings(on: model))
    let difference = writer.difference(
      to: path,
      of: roles,
      fused: fused,
      bases: bases,
      comparesShapes: isCertain
    )
    guard let difference else { return nil }
    return ParameterProblem(
      "adapter",
      "\(path) holds another adapter: \(difference); move it away, or choose another path"
    )
  }

  private func settings(on model: LanguageModel) -> AdapterSettings {
    AdapterSettings(rank: rank, alpha: alpha, dropout: dropout(on: model), usesRootOfRank: rslora)
  }

  /// Writes the adapter; another one at its path stays, and is an error.
  func export(
    _ trained: LanguageModel,
    from model: LanguageModel,
    _ context: RecoveryContext
  ) throws {
    guard let path = adapter?.path else { return }
    let settings = settings(on: model)
    if context.savedAs == nil {
      context.run.progress(
        .note("\(path): the model was not saved before `recover`, so the adapter names no base")
      )
    }
    for note in fusedNotes(model) { context.run.progress(.note("\(path): \(note)")) }
    try OutputDirectory(path).write("the adapter") { directory in
      try AdapterWriter(for: trained, settings)
        .write(trained.updates(since: model), base: context.savedAs, into: directory)
    }
  }

  /// Notes about an adapter whose updates PEFT would have trained as one.
  private func fusedNotes(_ model: LanguageModel) -> [String] {
    guard !fused else { return [] }
    let groups = model.configuration.fusedProjections.map { group in
      group.map(\.role).filter(roles.contains)
    }
    return Set(groups.filter { $0.count > 1 }).map { group in
      let names = group.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      return "the model keeps \(names) in one tensor, whose update has the rank "
        + "\(group.count * rank), \(group.count) times \(rank); `fused = true` trains them as one of "
        + "rank \(rank), as PEFT does"
    }
    .sorted()
  }
}
