public import BillhookTorch

/// Watches a training, and may change gradients and values: what prunes while it trains is one.
///
/// A recovery gives its own to `Training`, and whoever starts the recovery hands it others in
/// `RecoveryContext.observers`. All are called in this order, at each step and in checkpoints.
public protocol TrainingObserver: AnyObject {
  /// Called when the gradients of a step are complete: those of the mean loss, already cut.
  func gradientsAreComplete(_ step: TrainingStep) throws

  /// Called when a step changed the values.
  func valuesChanged(_ step: TrainingStep) throws

  /// Called after the last step, before the trained model is taken.
  func trainingEnded(_ step: TrainingStep) throws

  /// What has to go into checkpoints, each tensor under a name, which those of other observers may bear
  /// as well; it is changed in place on resuming.
  var state: [String: Tensor] { get }
}

extension TrainingObserver {
  /// Nothing.
  public func gradientsAreComplete(_ step: TrainingStep) throws {}
  /// Nothing.
  public func valuesChanged(_ step: TrainingStep) throws {}
  /// Nothing.
  public func trainingEnded(_ step: TrainingStep) throws {}
  /// Nothing.
  public var state: [String: Tensor] { [:] }
}

/// What a training's observers see.
public struct TrainingStep {
  /// The number of the step, from 0.
  public let number: Int
  /// The number of all steps.
  public let count: Int
  /// The learning rate.
  public let learningRate: Double
  /// Everything that is trained, with its gradients.
  public let tensors: [TrainedTensor]
}
