import BillhookCore
import BillhookModels
import BillhookTorch

/// LoRA: the weights stay, and low-rank updates of some are trained and then merged into them.
///
/// Source: Hu et al., LoRA, 2021, arXiv 2106.09685, section 4.1; the defaults are those of
/// Shortened LLaMA, 2024, arXiv 2402.02834, and its code.
struct LoRA: TrainingRecovery {
  static let name = "lora"
  static let summary = "LoRA: low-rank updates of projections are trained and merged."

  /// A projection.
  enum Target: String, Choice {
    case query, key, value, output, gate, up, down

    var role: WeightRole {
      switch self {
      case .query: .query
      case .key: .key
      case .value: .value
      case .output: .output
      case .gate: .gate
      case .up: .up
      case .down: .down
      }
    }
  }

  /// The rank of an update.
  var rank = 8
  /// What an update is multiplied by, times its rank.
  var alpha = 16.0
  /// The chance of each element of an update's input to be left out in training.
  var dropout = 0.05
  /// Whether updates are scaled by the root of the rank (Kalajdzievski, 2023, arXiv 2312.03732).
  var rslora = false
  /// The projections that are updated.
  var targets = Target.allCases
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
        help: "share of an input that is left out, alike for all projections that it enters"
      ),
      Parameter("rslora", \.rslora, help: "whether to scale by the root of the rank instead"),
      Parameter("targets", \.targets, help: "projections that are updated"),
      Parameter("adapter", \.adapter, help: "directory for the updates as a PEFT adapter")
        .withoutEffect(),
    ] + TrainingSettings.parameters(at: \.training)

  func validate() throws(ParameterProblem) {
    guard !targets.isEmpty else { throw ParameterProblem("targets", "must name a projection") }
    try training.validate()
  }

  /// Refuses a place where something else than an adapter is, which would stay.
  func validate(for opened: LanguageModel) throws(ParameterProblem) {
    guard let path = adapter?.path, OutputDirectory(path).isTaken,
      !FileSystem.exists("\(path)/adapter_config.json")
    else { return }
    throw ParameterProblem(
      "adapter",
      "\(path) exists and holds no adapter; move it away, or choose another path"
    )
  }

  /// What updates are multiplied by.
  var scale: Double { alpha / (rslora ? Double(rank).squareRoot() : Double(rank)) }

  var trainsWeights: Bool { false }

  func trainedCount(of model: LanguageModel) -> Int {
    let roles = Set(targets.map(\.role))
    return model.configuration.allWeights.reduce(0) { count, weight in
      roles.contains(weight.id.role) ? count + rank * weight.shape.reduce(0, +) : count
    }
  }

  func addedElements(of model: LanguageModel) -> Int {
    let roles = Set(targets.map(\.role))
    return model.configuration.elements(ofUpdates: roles, rank: rank, dropout: dropout)
  }

  func train(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RecoveryContext
  ) throws -> LanguageModel {
    let trainee = try LowRankWeights(
      of: model,
      roles: Set(targets.map(\.role)),
      rank: rank,
      scale: scale,
      dropout: dropout,
      seed: RandomSeed(training.seed).derived("lora"),
      device: context.run.device
    )
    var training = try Training(trainee, on: tokens, training, epochs: 2, context)
    return try training.run()
  }

  /// Writes the adapter; another one in its place stays, and is an error.
  func export(
    _ trained: LanguageModel,
    from model: LanguageModel,
    _ context: RecoveryContext
  ) throws {
    guard let path = adapter?.path else { return }
    let settings = AdapterSettings(
      rank: rank,
      alpha: alpha,
      dropout: dropout,
      usesRootOfRank: rslora
    )
    if context.savedAs == nil {
      context.run.progress(
        .note("\(path): the model was not saved before `recover`, so the adapter names no base")
      )
    }
    try OutputDirectory(path).write("the adapter") { directory in
      try AdapterWriter(for: trained, settings)
        .write(trained.updates(since: model), base: context.savedAs, into: directory)
    }
  }
}
