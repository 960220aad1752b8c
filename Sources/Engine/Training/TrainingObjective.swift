import BillhookModels
import BillhookTorch

/// The objective that a training minimises.
protocol TrainingObjective {
  /// The models to learn from, in addition to the data.
  var models: [LanguageModel] { get }

  /// The objective for one batch, after computing what it needs beforehand, such as a teacher's
  /// outputs.
  func prepared(for batch: TokenBatch, _ context: RunContext) throws -> any BatchObjective
}

/// The objective that a training minimises on one batch.
protocol BatchObjective {
  /// The loss of each row of logits `[rows, vocabulary]`: `[rows]`.
  func losses(_ piece: LossHead.Piece, _ logits: Tensor) throws -> Tensor

  /// What the hidden states after a block add to the summed loss, with the gradient; nil for
  /// nothing.
  func loss(after block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)?
}

extension BatchObjective {
  func loss(after block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)? { nil }
}

/// The next-token loss: cross entropy.
struct NextToken: TrainingObjective, BatchObjective {
  var models: [LanguageModel] { [] }

  func prepared(for batch: TokenBatch, _ context: RunContext) -> any BatchObjective { self }

  func losses(_ piece: LossHead.Piece, _ logits: Tensor) throws -> Tensor {
    try logits.crossEntropy(piece.targets)
  }
}
