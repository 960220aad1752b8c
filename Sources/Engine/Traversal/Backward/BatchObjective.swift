import BillhookTorch

/// The objective of one batch, of which gradients are taken.
protocol BatchObjective {
  /// How many tensors of the size of the logits are held while the loss is computed, the logits
  /// included.
  var copies: Int { get }

  /// The summed loss of some rows, with its gradient with respect to their logits.
  ///
  /// - Parameters:
  ///   - piece: The rows.
  ///   - logits: Their logits `[rows, vocabulary]` in f32, which may be overwritten.
  /// - Returns: The loss in nats, and the gradient in the shape of the logits, which may be their memory.
  /// - Throws: `TorchError` from libtorch, and errors of reading what was prepared.
  func loss(_ piece: LossHead.Piece, _ logits: Tensor) throws -> (sum: Double, gradient: Tensor)

  /// What the hidden states after a block add to the summed loss, with the gradient; nil for
  /// nothing.
  func loss(after block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)?
}

extension BatchObjective {
  func loss(after block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)? { nil }
}

/// Cross entropy: the negative log-probability of the next token.
struct CrossEntropy: BatchObjective {
  /// The logits, and their softmax.
  var copies: Int { 2 }

  func loss(_ piece: LossHead.Piece, _ logits: Tensor) throws -> (sum: Double, gradient: Tensor) {
    let found = try logits.logSoftmax(-1)
    let targets = try piece.targets.unsqueezed(-1)
    let losses = try -found.gathering(-1, targets)
    try found.exponentiate()
    try found.scatter(-1, targets, from: found.gathering(-1, targets) + -1)
    return (try losses.sum().scalar(), found)
  }
}
