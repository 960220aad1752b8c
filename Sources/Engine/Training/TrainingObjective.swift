import BillhookModels
import BillhookTorch

/// What a training makes small.
protocol TrainingObjective {
  /// The models that are learnt from, besides the data.
  var models: [LanguageModel] { get }

  /// The objective for one batch, with everything that has to be known of it beforehand, computed in
  /// the context of the pass.
  func prepared(for batch: TokenBatch, _ context: RunContext) throws -> any BatchObjective
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
  var models: [LanguageModel] { [] }

  func prepared(for batch: TokenBatch, _ context: RunContext) -> any BatchObjective { self }

  func losses(_ piece: LossHead.Piece, _ logits: Tensor) throws -> Tensor {
    try logits.crossEntropy(piece.targets)
  }
}
