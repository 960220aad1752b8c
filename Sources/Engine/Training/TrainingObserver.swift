public import BillhookModels
public import BillhookTorch

/// Observes a training, and may change gradients and values, and close parts of the model, for example to
/// prune during training.
///
/// What a mask of the model holds at zero stays zero, whatever observers write there.
///
/// A recovery passes its own observers to `Training`; the caller of the recovery can add more in
/// `RecoveryContext.observers`, which are called after them, in each step and in checkpoints.
public protocol TrainingObserver: AnyObject {
  /// Called when the gradients of a step are complete: those of the mean loss, after clipping.
  ///
  /// What throws `Cancelled` here must not have changed `state`: the training may be resumed at this step.
  func gradientsAreComplete(_ step: TrainingStep) throws

  /// Called when a step has changed the values.
  func valuesChanged(_ step: TrainingStep) throws

  /// Called after the last step, before the trained model is taken.
  func trainingEnded(_ step: TrainingStep) throws

  /// What passes of the training run without, in addition to what the model's own gates close.
  ///
  /// It is asked for before each step, and before held-out windows are measured. Nothing that is closed
  /// gets a gradient. What depends on earlier steps has to follow from `state`.
  var gates: Gates { get throws }

  /// The state that has to go into checkpoints, tensors by name; on resuming they are changed in
  /// place. Observers may use the same names.
  var state: [String: Tensor] { get }
}

extension TrainingObserver {
  /// Does nothing by default.
  public func gradientsAreComplete(_ step: TrainingStep) throws {}
  /// Does nothing by default.
  public func valuesChanged(_ step: TrainingStep) throws {}
  /// Does nothing by default.
  public func trainingEnded(_ step: TrainingStep) throws {}
  /// Closes nothing by default.
  public var gates: Gates { get throws { Gates() } }
  /// Does nothing by default.
  public var state: [String: Tensor] { [:] }
}

/// A training step, as observers see it.
public struct TrainingStep {
  /// The number of the step, counted from 0.
  public let number: Int
  /// The number of all steps.
  public let count: Int
  /// The learning rate.
  public let learningRate: Double
  /// All trained tensors, with their gradients.
  public let tensors: [TrainedTensor]
  /// The model as it is now, with trained weights rounded as they will be saved; later steps change it.
  public let model: LanguageModel
}
