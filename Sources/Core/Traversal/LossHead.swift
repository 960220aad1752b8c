import BillhookModels
import BillhookTorch

/// The exit of a model: from hidden states to losses, never holding the logits of all tokens.
struct LossHead {
  private let decoder: Decoder
  private let weights: LentWeights
  private let rowsAtOnce: Int

  /// Logits that are held at once, in elements: 64 MB in f32.
  static let logitsAtOnce = 1 << 24

  init(of traversal: Traversal) throws {
    decoder = traversal.decoder
    weights = try traversal.model.lend(
      traversal.model.configuration.exitRoles,
      dtype: traversal.context.dtype,
      device: traversal.context.device
    )
    rowsAtOnce = max(1, Self.logitsAtOnce / traversal.model.configuration.vocabularySize)
  }

  /// The loss of a batch's targets, from its hidden states behind the last block.
  func loss(_ hidden: Tensor, _ batch: TokenBatch) throws -> TokenLoss {
    var sum = 0.0
    for part in try parts(of: hidden, batch) {
      sum += try losses(part.states, part.targets).sum(dtype: .float64).scalar()
    }
    return TokenLoss(sum: sum, count: batch.targetCount)
  }

  /// The gradient of the batch's summed loss with respect to its hidden states, in their shape.
  ///
  /// Summed, because the gradients of a mean are small enough to vanish in f16.
  func gradient(_ hidden: Tensor, _ batch: TokenBatch) throws -> Tensor {
    let gradients = try parts(of: hidden, batch).map { part in
      let states = try part.states.tracked()
      let sum = try withGradients { try losses(states, part.targets).sum() }
      return try sum.gradients(of: [states])[0]
    }
    let (windows, length, width) = (batch.windows.count, batch.length, hidden.shape[2])
    let predicting = length - batch.firstTarget
    func zeros(_ tokens: Int) throws -> Tensor {
      try Tensor.zeros([windows, tokens, width], dtype: hidden.dtype, device: hidden.device)
    }
    let middle = try Tensor.joined(gradients, along: 0).reshaped([windows, predicting, width])
    return try Tensor.joined([zeros(batch.firstTarget - 1), middle, zeros(1)], along: 1)
  }

  /// The states that predict a target, with the targets, in pieces whose logits fit in memory.
  private func parts(
    of hidden: Tensor,
    _ batch: TokenBatch
  ) throws -> [(states: Tensor, targets: Tensor)] {
    let width = hidden.shape[2]
    let states = try hidden.narrowed(1, to: batch.firstTarget - 1..<batch.length - 1)
      .reshaped([-1, width])
    let targets = try Tensor(batch.windows.flatMap { $0.tokens[batch.firstTarget...] })
      .to(device: hidden.device)
    let count = states.shape[0]
    return try stride(from: 0, to: count, by: rowsAtOnce).map { start in
      let rows = start..<min(start + rowsAtOnce, count)
      return (try states.narrowed(0, to: rows), try targets.narrowed(0, to: rows))
    }
  }

  private func losses(_ states: Tensor, _ targets: Tensor) throws -> Tensor {
    // In f32 as in transformers, also where the model computes in a shorter type.
    try decoder.logits(states, weights).to(.float32).crossEntropy(targets)
  }
}
