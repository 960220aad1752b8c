public import BillhookModels
public import BillhookTorch

/// What a training changes of a model, and how the model computes with it.
public protocol Trainee {
  /// Everything that is changed, in the order of the model.
  var tensors: [TrainedTensor] { get }

  /// The model as it stands, with what is trained rounded as it will be saved; later steps change it.
  var current: LanguageModel { get }

  /// The model whose blocks a pass of the training runs through, before `track`.
  var running: LanguageModel { get }

  /// Whether the weights themselves are trained, in f32; else they stay as they are stored.
  var trainsWeights: Bool { get }

  /// The bytes that gradients need of one token in a block besides what the block itself needs.
  ///
  /// - Parameter dtype: The type of the arithmetic.
  func addedBytes(in dtype: DType) -> Int

  /// The weights that a pass lends of a block, with leaves for those of `tensors` in it.
  ///
  /// - Parameters:
  ///   - weights: The weights of `running`.
  ///   - seed: Where random numbers of this pass start; the same for each computation of it.
  /// - Returns: The weights, and the leaves with the tensors that their gradients belong to.
  /// - Throws: What libtorch refuses.
  func track(_ weights: LentWeights, seed: RandomSeed) throws -> TrackedTensors

  /// The model when it is trained; what is new lies in a file.
  func finished(at path: String) throws -> LanguageModel
}

extension Trainee {
  /// None.
  public func addedBytes(in dtype: DType) -> Int { 0 }
}

/// The weights of a block in a training pass, with what gradients are wanted for.
public struct TrackedTensors {
  /// The weights, with the leaves among them.
  public let weights: LentWeights
  /// The tensors that gradients are wanted for, each with the leaf that stands for it.
  public let leaves: [(tensor: TrainedTensor, leaf: Tensor)]

  /// Puts both together.
  public init(weights: LentWeights, leaves: [(tensor: TrainedTensor, leaf: Tensor)]) {
    self.weights = weights
    self.leaves = leaves
  }
}
