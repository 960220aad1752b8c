public import BillhookModels
public import BillhookTorch

/// A criterion that is asked while low-rank updates of a model are trained: by their gradients, after each
/// step, for a value for each weight.
///
/// It needs no gradient of the weights themselves, which are frozen. Its scores are running means over the
/// steps of the training, and of nothing else: so it is for a `prune` with `gradual` and `recover`.
public protocol UpdateCriterion: Criterion {
  /// The importance of each element of a weight, in the weight's shape.
  ///
  /// - Parameters:
  ///   - weight: The weight as it is now, with its update merged, in f32.
  ///   - id: Which weight it is.
  ///   - update: The two matrices of its update, with their gradients.
  /// - Returns: A value for each element of the weight.
  /// - Throws: Anything; the training ends with it, and names the criterion.
  func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor

  /// How the values of a unit's weights become one score.
  var reduction: SaliencyReduction { get }

  /// How much of the running mean of the scores is left after a step, from 0 to 1.
  var decay: Double { get }
}

/// A low-rank update B·A of a weight in a step of its training, with the gradients of the mean loss: after
/// clipping, before the step.
public struct UpdateGradients {
  /// The first matrix of the update, LoRA's A: `[rank, in]`.
  public let down: Tensor
  /// The second matrix, LoRA's B: `[out, rank]`.
  public let up: Tensor
  /// The gradient of the first matrix, in its shape.
  public let downGradient: Tensor
  /// The gradient of the second matrix, in its shape.
  public let upGradient: Tensor

  /// Makes an update with its gradients.
  public init(down: Tensor, up: Tensor, downGradient: Tensor, upGradient: Tensor) {
    self.down = down
    self.up = up
    self.downGradient = downGradient
    self.upGradient = upGradient
  }
}
