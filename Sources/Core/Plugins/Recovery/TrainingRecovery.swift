public import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// A recovery that uses the training loop, so that what it needs in memory can be told beforehand.
public protocol TrainingRecovery: Recovery {
  /// How it trains.
  var training: TrainingSettings { get }

  /// How many times it goes through the data where its settings say nothing of the length: the `epochs` of
  /// its `Training`.
  var usualEpochs: Int { get }

  /// The number of elements that it trains of a model.
  func trainedCount(of model: LanguageModel) -> Int

  /// The weights that it trains, or whose updates it trains; for the inputs of others gradients have no
  /// need.
  func trainedWeights(of model: LanguageModel) -> Set<WeightID>

  /// The bytes per token that gradients need in a block in addition to those of the block itself, in a
  /// type of the arithmetic.
  func addedBytes(of model: LanguageModel, in dtype: DType) -> Int

  /// Whether its updates of weights that have a mask are masked, for which a pass needs dense matrices.
  var masksUpdates: Bool { get }

  /// The teacher that it learns from in addition to the data; nil for the data alone.
  ///
  /// - Parameter opened: The model as it was opened.
  /// - Returns: The teacher and its settings.
  /// - Throws: What opening another model throws.
  func distillation(from opened: LanguageModel) throws -> Distillation?

  /// The teacher whose predictions are gathered before the training, and handed to it in its context; nil
  /// for none.
  var keptTeacher: KeptTeacher? { get }

  /// The parts of the model that are trained, as the setting `train` names them; nil for all that it trains
  /// by itself.
  var trainedParts: TrainedParts? { get }

  /// Whether the weights themselves are trained, in f32; else they stay as they are stored.
  var trainsWeights: Bool { get }
}

extension TrainingRecovery {
  /// All of them.
  public func trainedWeights(of model: LanguageModel) -> Set<WeightID> {
    Set(model.configuration.allWeights.map(\.id))
  }

  /// None.
  public func addedBytes(of model: LanguageModel, in dtype: DType) -> Int { 0 }

  /// True.
  public var masksUpdates: Bool { true }

  /// The data alone.
  public func distillation(from opened: LanguageModel) throws -> Distillation? { nil }

  /// None.
  public var keptTeacher: KeptTeacher? { nil }

  /// No part alone.
  public var trainedParts: TrainedParts? { nil }

  /// What it needs in memory.
  ///
  /// - Parameters:
  ///   - model: The model that is trained.
  ///   - opened: The model as it was opened, from which it may learn.
  ///   - window: The tokens of the longest window.
  ///   - dtype: The type of the arithmetic.
  ///   - device: Where it runs.
  ///   - microBatch: The windows that run at once; nil for what its settings say.
  /// - Returns: The parts.
  /// - Throws: `FileError` when a model's weights cannot be looked at.
  package func memory(
    of model: LanguageModel,
    beside opened: LanguageModel,
    window: Int,
    dtype: DType,
    on device: Device = .cpu,
    microBatch: Int? = nil
  ) throws -> TrainingMemory {
    let most = microBatch ?? training.microBatch ?? max(1, TokenBatch.tokensToTrainOn / window)
    let count = min(most, training.batch)
    var load = TrainingMemory.Load(
      count: trainedCount(of: model),
      of: trainedWeights(of: model),
      areWhole: trainsWeights,
      tokens: count *| window,
      window: window
    )
    load.added = addedBytes(of: model, in: dtype)
    load.areMasked = masksUpdates
    load.distillation = try distillation(from: opened)
    load.addsUp = training.batch > count
    load.heldOut = (training.heldOut ?? 0) *| window
    return try TrainingMemory(model, load, dtype: dtype, on: device)
  }
}
