import BillhookModels
import BillhookTorch

/// What a training makes small.
protocol TrainingObjective {
  /// The objective for one batch, with everything that has to be known of it beforehand.
  func prepared(for batch: TokenBatch) throws -> any BatchObjective
}

/// What a training makes small on one batch.
protocol BatchObjective {
  /// The loss of each row of logits `[rows, vocabulary]`: `[rows]`.
  func losses(_ piece: LossHead.Piece, _ logits: Tensor) throws -> Tensor

  /// What the hidden states behind a block add to the summed loss, with their gradient; nil for
  /// nothing.
  func loss(behind block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)?
}

extension BatchObjective {
  func loss(behind block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)? { nil }
}

/// The loss of the next token: the cross entropy.
struct NextToken: TrainingObjective, BatchObjective {
  func prepared(for batch: TokenBatch) -> any BatchObjective { self }

  func losses(_ piece: LossHead.Piece, _ logits: Tensor) throws -> Tensor {
    try logits.crossEntropy(piece.targets)
  }
}
