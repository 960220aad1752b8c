public import BillhookModels
public import BillhookTorch

/// The part of a model that is trained, and how the model computes with it.
public protocol Trainee {
  /// All trained tensors, in the order of the model.
  var tensors: [TrainedTensor] { get }

  /// The model as it is now, with trained weights rounded as they will be saved; later steps change
  /// it.
  var current: LanguageModel { get }

  /// The model whose blocks a pass of the training runs through, before `track`.
  var running: LanguageModel { get }

  /// Whether the weights themselves are trained, in f32, rather than frozen.
  var trainsWeights: Bool { get }

  /// How many bytes per token the gradients keep in a block in addition to those of the block itself.
  ///
  /// - Parameter dtype: The type of the arithmetic.
  /// - Returns: The bytes, 0 by default.
  func addedBytes(in dtype: DType) -> Int

  /// Whether updates of matrices that have a mask are masked, for which a pass needs dense matrices.
  var masksUpdates: Bool { get }

  /// The weights of a block for a training pass, with leaf tensors for those of `tensors` in the
  /// block.
  ///
  /// - Parameters:
  ///   - weights: The weights of `running`.
  ///   - seed: The seed of this pass's random numbers; the same whenever the pass is computed
  ///     again.
  /// - Returns: The weights, and the leaf tensors with the trained tensors that their gradients
  ///   belong to.
  /// - Throws: `TorchError` from libtorch.
  func track(_ weights: LentWeights, seed: RandomSeed) throws -> TrackedTensors

  /// The trained model, whose new weights are written to a file.
  func finished(at path: String) throws -> LanguageModel
}

extension Trainee {
  /// Zero.
  public func addedBytes(in dtype: DType) -> Int { 0 }

  /// True.
  public var masksUpdates: Bool { true }
}

/// The weights of a block in a training pass, with the leaf tensors that gradients are wanted for.
public struct TrackedTensors {
  /// The weights, with the leaf tensors among them.
  public let weights: LentWeights
  /// The trained tensors that gradients are wanted for, each with its leaf tensor.
  public let leaves: [(tensor: TrainedTensor, leaf: Tensor)]

  /// Makes a block's weights for a training pass.
  public init(weights: LentWeights, leaves: [(tensor: TrainedTensor, leaf: Tensor)]) {
    self.weights = weights
    self.leaves = leaves
  }
}
