public import BillhookModels

/// The gradients of some of a block's weights from one batch of the calibration set.
public struct BlockGradients {
  /// The gradients of the mean token loss of the batch, by role, shaped like the weights, in f32.
  public let gradients: LentWeights
  /// The batch's share of the calibration set's predicted tokens.
  public let tokenShare: Double
  /// The batch's share of the calibration set's samples.
  public let sampleShare: Double

  /// Makes the gradients of one batch in one block.
  public init(gradients: LentWeights, tokenShare: Double, sampleShare: Double) {
    self.gradients = gradients
    self.tokenShare = tokenShare
    self.sampleShare = sampleShare
  }
}
