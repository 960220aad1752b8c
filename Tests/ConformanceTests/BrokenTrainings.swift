import BillhookCore
import Synchronization

/// Recoveries and repairs that each break one promise.
enum BrokenTrainings {
  /// Multiplies a weight of block 2, which is no training.
  struct Worse: Recovery {
    static let name = "worse"
    static let summary = "Makes the model worse."

    func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RecoveryContext) throws
      -> LanguageModel
    {
      let id = WeightID(.down, block: 2)
      let new = try model.weights.stored(id) * -3
      return try model.editing([id: new], at: "\(context.folder)/new.safetensors")
    }
  }

  /// Trains down projections, and moves a norm besides; says one number too few.
  struct Sideways: TrainingRecovery {
    static let name = "sideways"
    static let summary = "Changes more than it says."
    var training = BrokenTrainings.fewSteps
    let trainsWeights = true
    let usualEpochs = 1

    func trainedCount(of model: LanguageModel) -> Int {
      model.configuration.allWeights.filter { $0.id.role == .down }
        .reduce(-1) { $0 + $1.shape.reduce(1, *) }
    }
    func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RecoveryContext) throws
      -> LanguageModel
    {
      let downs = try WholeWeights(of: model, device: .cpu) { $0.role == .down }
      var training = try Training(downs, on: tokens, training, epochs: 1, context)
      return try training.run()
    }
  }

  /// Leaves out of the context what it was handed.
  struct Unobserved: TrainingRecovery {
    static let name = "unobserved"
    static let summary = "Lets nobody watch."
    var training = BrokenTrainings.fewSteps
    let trainsWeights = true
    let usualEpochs = 1

    func trainedCount(of model: LanguageModel) -> Int { model.parameterCount }
    func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RecoveryContext) throws
      -> LanguageModel
    {
      let weights = try WholeWeights(of: model, device: .cpu)
      let own = RecoveryContext(run: context.run, opened: context.opened, folder: context.folder)
      var training = try Training(weights, on: tokens, training, epochs: 1, own)
      return try training.run()
    }
  }

  /// Takes half a training for a whole one when it finds it.
  struct Impatient: Recovery {
    static let name = "impatient"
    static let summary = "Does not go on where it was stopped."

    func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RecoveryContext) throws
      -> LanguageModel
    {
      try FileSystem.makeDirectory(context.folder)
      let mark = "\(context.folder)/begun"
      var settings = BrokenTrainings.fewSteps
      if FileSystem.exists(mark) { settings.learningRate /= 2 }
      try FileSystem.write([], to: mark)
      let weights = try WholeWeights(of: model, device: .cpu)
      var training = try Training(weights, on: tokens, settings, epochs: 1, context)
      return try training.run()
    }
  }

  fileprivate static let fewSteps: TrainingSettings = {
    var settings = TrainingSettings()
    settings.steps = 4
    settings.batch = 4
    settings.learningRate = 1e-3
    return settings
  }()

  /// Adds something else each time.
  struct Drifting: Repair {
    static let name = "drifting"
    static let summary = "Adds something else each time."
    static let calls = Atomic<Int>(0)
    let evidence: [any Evidence] = [InputMoments()]
    let granularities: Set<UnitGranularity> = [.channels]

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      let call = Self.calls.add(1, ordering: .relaxed).newValue
      return RepairedProjection(addedBias: try Tensor.full([cut.weight.shape[0]], Double(call)))
    }
  }
}

/// Everything else that can be wrong.
enum BrokenOthers {
  /// The mean over windows of each window's perplexity, weighted by batches.
  struct MeanOfBatches: Evaluation {
    static let name = "mean_of_batches"
    static let summary = "The mean loss of batches, whatever their sizes."

    func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
      -> [Metric]
    {
      let losses = try Traversal(model, context).forward(tokens, candidates: [model.gates])[0]
      let mean = losses.reduce(0) { $0 + $1.mean } / Double(losses.count)
      return [Metric(name: "loss", value: mean, protocolNote: "by batches")]
    }
  }

  struct Clock: Evaluation {
    static let name = "clock"
    static let summary = "The number of measurements so far."
    static let calls = Atomic<Int>(0)

    func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) -> [Metric] {
      let call = Self.calls.add(1, ordering: .relaxed).newValue
      return [Metric(name: "calls", value: Double(call), protocolNote: "calls")]
    }
  }

  /// A number of the machine's, and says so.
  struct MachineClock: ModelEvaluation {
    static let name = "machine_clock"
    static let summary = "The number of measurements so far, which is the machine's."
    static let isOfMachine = true

    func measure(_ model: LanguageModel, _ context: RunContext) -> [Metric] {
      let call = Clock.calls.add(1, ordering: .relaxed).newValue
      return [Metric(name: "calls", value: Double(call), protocolNote: "calls")]
    }
    func memory(of model: LanguageModel, dtype: DType) -> Int { 0 }
  }

  struct Nameless: Evaluation {
    static let name = "nameless"
    static let summary = "A metric that does not say what it is."

    func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) -> [Metric] {
      [Metric(name: "", value: 1, protocolNote: "")]
    }
  }

  struct NoText: DataSource {
    static let name = "no_text"
    static let summary = "Says that it gives text, and gives token ids."

    func documents() -> [Document] { [.tokens([1, 2, 3], firstTarget: 1)] }
  }

  struct NothingToPredict: DataSource {
    static let name = "nothing_to_predict"
    static let summary = "Token ids of which none is predicted."
    static let yieldsText = false

    func documents() -> [Document] {
      [.tokens([1, 2], firstTarget: 1), .tokens([1], firstTarget: 1)]
    }
  }

  struct Empty: Format {
    static let name = "empty"
    static let summary = "Writes nothing."

    func write(_ model: LanguageModel, into directory: String, _ context: RunContext) {}
    func read(_ directory: String) throws -> LanguageModel { try LanguageModel(opening: directory) }
    func dtype(of weight: WeightID, in model: LanguageModel) -> DType { .float32 }
  }

  struct WholeNumbers: Format {
    static let name = "whole_numbers"
    static let summary = "Cannot hold the models, and would round them."

    func write(_ model: LanguageModel, into directory: String, _ context: RunContext) {}
    func read(_ directory: String) throws -> LanguageModel { try LanguageModel(opening: directory) }
    func obstacle(to model: LanguageModel) -> String? { "it holds nothing" }
    func dtype(of weight: WeightID, in model: LanguageModel) -> DType { .int8 }
  }
}
