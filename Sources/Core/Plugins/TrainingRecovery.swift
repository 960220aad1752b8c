import BillhookEngine
public import BillhookModels
import BillhookTorch

/// A recovery that uses the training loop, so that what it needs in memory can be told beforehand.
public protocol TrainingRecovery: Recovery {
  /// How it trains.
  var training: TrainingSettings { get }

  /// The number of elements that it trains of a model.
  func trainedCount(of model: LanguageModel) -> Int

  /// The elements that gradients need of one token in a block besides what the block itself needs.
  func addedElements(of model: LanguageModel) -> Int

  /// Whether the weights themselves are trained, in f32; else they stay as they are stored.
  var trainsWeights: Bool { get }
}

extension TrainingRecovery {
  /// None.
  public func addedElements(of model: LanguageModel) -> Int { 0 }

  /// What it needs in memory.
  ///
  /// - Parameters:
  ///   - model: The model that is trained.
  ///   - window: The tokens of the longest window.
  ///   - dtype: The type of the arithmetic.
  ///   - microBatch: The windows that run at once; nil for what its settings say.
  /// - Returns: The parts.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  package func memory(
    of model: LanguageModel,
    window: Int,
    dtype: DType,
    microBatch: Int? = nil
  ) throws -> TrainingMemory {
    let count = microBatch ?? training.microBatch ?? max(1, TokenBatch.tokensToTrainOn / window)
    let stored = try model.weights.storedType(WeightID(.embedding))
    return TrainingMemory(
      model,
      training: trainedCount(of: model),
      added: addedElements(of: model),
      isInPlace: dtype == (trainsWeights ? .float32 : stored),
      tokens: min(count, training.batch) * window,
      dtype: dtype
    )
  }
}
